// One browser for all tests of a file, and pages that write down whatever they should not do.
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const reports = JSON.parse(process.env.STEADY_REPORTS ?? "{}");

export const browser = await chromium.launch({
  executablePath: process.env.STEADY_BROWSER,
  args: ["--no-sandbox"], // as root there is none; the pages are ours
});
after(() => browser.close());

export const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

// Gives the page, with `troubles`: messages, errors, dialogs, and requests but for the file itself.
export async function open(report, { width = 1100, height = 900, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(reports[report].report).href;
  page.troubles = [];
  page.on("console", (message) => page.troubles.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.troubles.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== url) page.troubles.push(`request: ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    page.troubles.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(url);
  return page;
}

// How many pixels of the canvases under `selector` are about of this colour, "#rrggbb".
export function pixelsOf(page, selector, color) {
  return page.$$eval(
    `${selector} canvas`,
    (canvases, wanted) => {
      let found = 0;
      for (const canvas of canvases) {
        // A copy: reading the page's own canvas often would make it complain on the console.
        const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
        const context = copy.getContext("2d", { willReadFrequently: true });
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        for (let i = 0; i < data.length; i += 4) {
          const near = [0, 1, 2].every((k) => Math.abs(data[i + k] - wanted[k]) <= 3);
          if (near && data[i + 3] > 200) ++found;
        }
      }
      return found;
    },
    [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)),
  );
}

export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
