// The report of `steady replay` in a browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { open, pixelsOf, readJson, reports } from "./browser.mjs";

const colors = { steady: "#0072b2", std: "#aa4b8c", boost: "#d55e00", absl: "#00795c" };

test("responses and services are drawn apart, for every map", async () => {
  const page = await open("replay");
  for (const plot of ["pauses", "responses", "services"]) {
    for (const [name, color] of Object.entries(colors)) {
      const found = await pixelsOf(page, `#${plot}`, color);
      assert.ok(found > 20, `${found} pixels of ${name} in ${plot}`);
    }
    assert.match(await page.locator(`#${plot} figcaption`).textContent(), /steady .*std .*boost .*absl .*control /);
  }
  for (const [name, color] of Object.entries(colors)) {
    assert.ok((await pixelsOf(page, "#memory", color)) > 20, `${name} in memory`);
  }
  assert.deepEqual(page.troubles, []);
});

test("a click hides a map in one plot only", async () => {
  const page = await open("replay");
  await page.click("#services button[data-map=boost]");
  assert.equal(await pixelsOf(page, "#services", colors.boost), 0);
  assert.ok((await pixelsOf(page, "#responses", colors.boost)) > 20);
});

test("the trace's name and its bad lines are text", async () => {
  const page = await open("replay");
  assert.match(await page.locator(".subtitle").textContent(), /trace of <img src=x/);
  assert.match(await page.locator("#method").textContent(), /1 bad line skipped; the first is line 40002/);
  assert.equal(await page.locator("img, #method b").count(), 0);
  assert.equal(await page.title(), "A trace through hash maps");
});

test("the data can be downloaded", async () => {
  const page = await open("replay");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=steady-replay.json")]);
  const data = JSON.parse(readFileSync(await download.path(), "utf8"));
  assert.deepEqual(data.results, readJson(reports.replay.json));
  assert.deepEqual(Object.keys(data.plots).sort(), ["memory", "pauses", "responses", "services"]);
});
