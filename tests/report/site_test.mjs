// The site of tools/build_site in a browser, from a server and opened as files.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { browser } from "./browser.mjs";

const site = process.env.STEADY_SITE;
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };

// Calls use(address of the site).
async function served(use) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    try {
      const body = await readFile(join(site, path));
      response.writeHead(200, { "Content-Type": types[extname(path)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await use(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.close();
  }
}

// Opens the page, searches, and follows the first result.
async function search(page, address, word) {
  await page.goto(address);
  await page.locator(".md-search__input").click();
  await page.keyboard.type(word);
  const first = page.locator(".md-search-result__link").first();
  await first.waitFor({ timeout: 60_000 });
  await first.click();
  await page.waitForFunction((name) => document.querySelector("article").textContent.includes(name), word);
}

test("the search finds what the documents say, from a server", () =>
  served(async (address) => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await search(page, `${address}docs/guarantees.html`, "reserve_gradually");
    assert.ok(page.url().startsWith(address));
  }));

test("the search finds the same where the site is opened as files", async () => {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const troubles = [];
  page.on("console", (message) => troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(error.message));
  await search(page, pathToFileURL(join(site, "docs/guarantees.html")).href, "reserve_gradually");
  assert.ok(page.url().startsWith("file:"));
  assert.deepEqual(troubles, []);
});

test("the animation of the guide plays", async () => {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(site, "docs/guide/watch.html")).href);
  await page.locator(".steady-player canvas").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => Number(document.querySelector(".steady-player input").value) > 2);
  await page.getByRole("button", { name: "Pause" }).click();
});
