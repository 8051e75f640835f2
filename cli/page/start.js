const data = JSON.parse(document.getElementById("data").textContent);
const kinds = { pauses: pausesPlot, percentiles: percentilesPlot, memory: memoryPlot };
const draws = [];
for (const box of document.querySelectorAll("[data-plot]")) {
  const plot = data.plots[box.dataset.plot];
  const figure = box.closest("figure");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", figure.closest("section").querySelector("h2").textContent);
  draws.push(kinds[plot.kind](box, plot));
}

function drawAll() {
  for (const draw of draws) draw();
}

// The links make their files here: nothing is asked from anywhere.
function offer(name, type, text) {
  const link = element("a", { className: "download", download: name }, name);
  link.href = URL.createObjectURL(new Blob([text], { type }));
  document.getElementById("downloads").append(link, " ");
}

// All curves in one table: plot, map, x, y.
function curvesAsCsv() {
  const lines = ["plot,map,x,y"];
  const add = (plot, map, x, y) => lines.push(`${plot},${map},${x},${y}`);
  for (const [id, plot] of Object.entries(data.plots)) {
    for (const map of plot.maps) {
      map.slowest_ns?.forEach((ns, i) => add(id, map.name, i * plot.cell_ms, ns));
      map.points?.forEach(([of, ns]) => add(id, map.name, of, ns));
      map.bytes?.forEach((count, i) => add(id, map.name, (i * map.interval_ns) / 1e6, count));
    }
  }
  return lines.join("\n") + "\n";
}

document.getElementById("downloads").append("Raw data: ");
offer(`${data.file_name}.json`, "application/json", JSON.stringify(data));
offer(`${data.file_name}-curves.csv`, "text/csv", curvesAsCsv());

drawAll();
darkness.addEventListener("change", drawAll);
let width = document.body.clientWidth;
new ResizeObserver(() => {
  if (document.body.clientWidth === width) return;
  width = document.body.clientWidth;
  drawAll();
}).observe(document.body);
