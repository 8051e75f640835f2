// The report of `steady compare` in a browser.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { open, overflow, pixelsOf, readJson, reports } from "./browser.mjs";

const light = { steady: "#0072b2", std: "#aa4b8c", boost: "#d55e00", absl: "#00795c", control: "#6b7280" };
const dark = { steady: "#56b4e9", std: "#e39bc6", boost: "#f5a13c", absl: "#3ecfa3", control: "#9aa5b1" };
const plots = { pauses: 5, percentiles: 5, memory: 4 };  // and how many maps each shows

test("every map is drawn in every plot, in its colour, light and dark", async () => {
  for (const [colorScheme, colors] of Object.entries({ light, dark })) {
    const page = await open("numbers", { colorScheme });
    for (const [plot, maps] of Object.entries(plots)) {
      for (const name of Object.keys(colors).slice(0, maps)) {
        const found = await pixelsOf(page, `#${plot}`, colors[name]);
        assert.ok(found > 20, `${found} pixels of ${name} in ${plot}, ${colorScheme}`);
      }
    }
    assert.deepEqual(page.troubles, []);
  }
});

test("colours change with the scheme while the page is open", async () => {
  const page = await open("numbers", { colorScheme: "light" });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === "rgb(20, 24, 28)");
  assert.ok((await pixelsOf(page, "#percentiles", dark.steady)) > 20);
  assert.equal(await pixelsOf(page, "#percentiles", light.steady), 0);
});

test("a click on a map's button hides it, another one shows it", async () => {
  const page = await open("numbers");
  for (const plot of ["percentiles", "memory"]) {
    const button = page.locator(`#${plot} button[data-map=boost]`);
    await button.click();
    assert.equal(await button.getAttribute("aria-pressed"), "false");
    assert.equal(await pixelsOf(page, `#${plot}`, light.boost), 0);
    assert.ok((await pixelsOf(page, `#${plot}`, light.absl)) > 20);
    await button.click();
    assert.ok((await pixelsOf(page, `#${plot}`, light.boost)) > 20);
  }
  assert.deepEqual(page.troubles, []);
});

test("the rows of the pauses: buttons hide them, also by keyboard; the scale changes", async () => {
  const page = await open("numbers");
  const rows = () => page.$$eval("#pauses .row", (all) => all.map((row) => row.dataset.map));
  assert.deepEqual(await rows(), ["steady", "std", "boost", "absl", "control"]);
  await page.locator("#pauses button[data-map=std]").focus();
  await page.keyboard.press("Space");
  assert.deepEqual(await rows(), ["steady", "boost", "absl", "control"]);

  const picture = () => page.$eval("#pauses .row canvas", (canvas) => canvas.toDataURL());
  const linear = await picture();
  await page.getByRole("button", { name: "logarithmic" }).click();
  assert.notEqual(await picture(), linear);
  await page.getByRole("button", { name: "linear", exact: true }).click();
  assert.equal(await picture(), linear);
});

test("all rows of the pauses zoom together, and a double click takes it back", async () => {
  const page = await open("numbers");
  const pictures = () => page.$$eval("#pauses .row canvas", (all) => all.map((canvas) => canvas.toDataURL()));
  const before = await pictures();
  const box = await page.locator("#pauses .row .u-over").first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.02, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.15, box.y + 20, { steps: 5 });
  await page.mouse.up();
  const zoomed = await pictures();
  zoomed.forEach((picture, n) => assert.notEqual(picture, before[n], `row ${n}`));
  await page.locator("#pauses .row .u-over").nth(1).dblclick();
  assert.deepEqual(await pictures(), before);
});

test("the place under the cursor is told in words", async () => {
  const page = await open("numbers");
  await page.locator("#percentiles .u-over").hover();
  assert.match(await page.locator("#percentiles .readout").textContent(), /% take at most: steady \d/);
  await page.locator("#pauses .row .u-over").first().hover({ position: { x: 30, y: 20 } });
  assert.match(await page.locator("#pauses .row p").first().textContent(), /^steady at \S+ s: /);
  assert.deepEqual(await page.$$eval(".shaded", (all) => all.map((each) => each.closest(".row").dataset.map)), ["steady"]);
});

test("nothing is wider than the screen", async () => {
  for (const report of Object.keys(reports)) {
    for (const [width, colorScheme] of [[320, "light"], [375, "dark"], [768, "light"]]) {
      const page = await open(report, { width, colorScheme });
      assert.equal(await overflow(page), 0, `${report}, ${width} pixels, ${colorScheme}`);
      await page.context().close();
    }
  }
});

test("plots follow the width of the window", async () => {
  const page = await open("numbers", { width: 1100 });
  const width = () => page.$eval("#memory .uplot", (plot) => plot.getBoundingClientRect().width);
  const before = await width();
  await page.setViewportSize({ width: 400, height: 800 });
  await page.waitForFunction((most) => document.querySelector("#memory canvas").clientWidth < most, before / 2);
  assert.equal(await overflow(page), 0);
});

test("under each plot a sentence says what to see, and the tables are there without scripts", async () => {
  const page = await open("numbers", { javaScriptEnabled: false });
  for (const plot of Object.keys(plots)) {
    const text = await page.locator(`#${plot} figcaption`).textContent();
    for (const name of ["steady", "std", "boost", "absl"].slice(0, plot === "percentiles" ? 1 : 4)) {
      assert.match(text, new RegExp(`\\b${name}\\b`), plot);
    }
  }
  assert.equal(await page.locator("#table tbody tr").count(), 15);
  assert.match(await page.content(), /<noscript>.*The plots need JavaScript/s);
});

// The animation: its slider, which frame it shows, and what is drawn.
const player = (page) => ({
  box: page.locator("#life .steady-player"),
  slider: page.locator("#life input[type=range]"),
  button: (name) => page.locator("#life").getByRole("button", { name, exact: true }),
  frame: () => page.$eval("#life input[type=range]", (slider) => Number(slider.value)),
  picture: () => page.$eval("#life canvas", (canvas) => canvas.toDataURL()),
});
const passed = (page, frame) =>
  page.waitForFunction((least) => Number(document.querySelector("#life input[type=range]").value) > least, frame);

test("the animation waits until it is seen, plays, pauses and steps", async () => {
  const page = await open("numbers");
  const { box, button, frame, picture } = player(page);
  await page.waitForTimeout(300);
  assert.equal(await frame(), 0);
  await box.scrollIntoViewIfNeeded();
  await passed(page, 4);
  await button("Pause").click();
  const [at, seen] = [await frame(), await picture()];
  await page.waitForTimeout(300);
  assert.equal(await frame(), at);
  assert.equal(await picture(), seen);
  await button("Step").click();
  assert.equal(await frame(), at + 1);
  assert.notEqual(await picture(), seen);
  await button("Back").click();
  assert.equal(await frame(), at);
  assert.equal(await picture(), seen);
  await button("Play").click();
  await passed(page, at + 2);
  assert.deepEqual(page.troubles, []);
});

test("the animation follows the keyboard, and says in words what it draws", async () => {
  const page = await open("numbers", { reducedMotion: "reduce" }); // so that it does not play meanwhile
  const { button, slider, frame } = player(page);
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await frame(), 2);
  await slider.fill("40");
  assert.match(await slider.getAttribute("aria-valuetext"), /^frame 41 of \d+: inserting, growing because of the load: 256/);
  const words = await page.locator("#life canvas").getAttribute("aria-label");
  assert.match(words, /% moved\. Each insertion moves two old buckets/);
  assert.ok((await pixelsOf(page, "#life", "#00794f")) > 200, "the frontier");
  await page.keyboard.press("End");
  assert.ok(await button("Step").isDisabled());
  assert.match(await page.locator("#life p").nth(1).textContent(), /at rest/);
});

test("the animation stands still for those who want it", async () => {
  const page = await open("numbers", { reducedMotion: "reduce" });
  const { box, button, frame } = player(page);
  await box.scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  assert.equal(await frame(), 0);
  await button("Play").click();
  await passed(page, 2);
});

test("the animation is drawn anew in the other colours", async () => {
  const page = await open("numbers", { colorScheme: "light", reducedMotion: "reduce" });
  await player(page).slider.fill("40");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === "rgb(20, 24, 28)");
  assert.ok((await pixelsOf(page, "#life", "#4cc38a")) > 200, "the frontier, dark");
  assert.equal(await pixelsOf(page, "#life", "#00794f"), 0);
});

test("without scripts the animation is told in words", async () => {
  const page = await open("numbers", { javaScriptEnabled: false });
  await page.locator("#life summary").click();
  assert.match(await page.locator("#life li").allTextContents().then((all) => all.join("\n")),
               /growing begins[^]*takes another seed[^]*reseeded[^]*shrinking begins[^]*shrunk/);
});

test("the data can be downloaded, and is what --json says, with the curves", async () => {
  const page = await open("numbers");
  const read = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`text=${name}`)]);
    assert.equal(download.suggestedFilename(), name);
    return readFileSync(await download.path(), "utf8");
  };
  const data = JSON.parse(await read("steady-compare.json"));
  assert.deepEqual(data.results, readJson(reports.numbers.json));
  assert.match(data.origin.command_line, /^steady compare --n 300000 --rounds 2 --report /);
  const csv = (await read("steady-compare-curves.csv")).trim().split("\n");
  assert.equal(csv[0], "plot,map,x,y");
  const cells = data.plots.pauses.maps.reduce((sum, map) => sum + map.slowest_ns.length, 0);
  assert.equal(csv.filter((line) => line.startsWith("pauses,")).length, cells);
  const slowest = Math.max(...data.plots.pauses.maps[0].slowest_ns);
  assert.equal(slowest, data.results.maps[0].latency_ns.max.min);
});

test("names of files are text, whatever they contain", async () => {
  const page = await open("hostile");
  assert.match(await page.locator("pre").textContent(), /<img src=x onerror=document\.title=1>/);
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.title(), "Steady beside other hash maps");
  assert.deepEqual(page.troubles, []);
});

test("one key is enough", async () => {
  const page = await open("tiny");
  assert.equal(await page.locator("#pauses .row canvas").count(), 5);
  assert.deepEqual(page.troubles, []);
});

test("a report is smaller than a megabyte", () => {
  for (const { report } of Object.values(reports)) assert.ok(statSync(report).size < 1e6, report);
});
