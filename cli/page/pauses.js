// The slowest operation of each millisecond: a row for each map, all with the same axes, so that a
// line which stays flat can be told from one with spikes without any colour.
function pausesPlot(box, plot) {
  const names = plot.maps.map((map) => map.name);
  const cell = plot.cell_ms / 1000;
  const hidden = new Set();
  let logarithmic = false;
  let zoom = null;
  let rows = [];

  const slowestOf = (map) => map.slowest_ns.reduce((a, b) => Math.max(a, b), 0);
  const visible = () => plot.maps.filter((map) => !hidden.has(map.name));
  const longest = () => Math.max(1, ...visible().map((map) => map.slowest_ns.length)) * cell;
  const slowest = () => Math.max(1e3, ...visible().map(slowestOf));

  function dataOf(map) {
    const xs = map.slowest_ns.map((_, i) => i * cell);
    const ys = map.slowest_ns.map((ns) => (ns > 0 ? ns : logarithmic ? null : 0));
    xs.push(xs.length * cell);  // the end of the last cell
    ys.push(ys.at(-1) ?? null);
    return [xs, ys];
  }

  function shadeMigrations(u, map) {
    u.ctx.save();
    u.ctx.fillStyle = look("steady").color;
    u.ctx.globalAlpha = darkness.matches ? 0.22 : 0.15;
    for (const [first, last] of map.migrations) {
      const from = Math.max(u.valToPos(first * cell, "x", true), u.bbox.left);
      const to = Math.min(u.valToPos((last + 1) * cell, "x", true), u.bbox.left + u.bbox.width);
      if (to > from) u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height);
    }
    u.ctx.restore();
  }

  // Where a map is done, its line ends; a mark says that nothing is missing.
  function markEnd(u, map) {
    const x = u.valToPos(map.slowest_ns.length * cell, "x", true);
    if (x > u.bbox.left + u.bbox.width - 60 * devicePixelRatio || x < u.bbox.left) return;
    u.ctx.save();
    u.ctx.strokeStyle = u.ctx.fillStyle = css("--quiet");
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
    u.ctx.textAlign = "left";
    u.ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    u.ctx.fillText("done", x + 5 * devicePixelRatio, u.bbox.top + 14 * devicePixelRatio);
    u.ctx.restore();
  }

  function verticalAxis() {
    const high = slowest();
    return axis({
      scale: "y",
      size: narrow() ? 52 : 62,
      splits: () => (logarithmic ? decades(1e2, high * 2).filter((at) => Math.round(Math.log10(at)) % 2 === 1) : roundSteps(high * 1.05, 3, [1, 2, 5], 10)),
      values: (u, splits) => splits.map((ns) => (ns === 0 ? "0" : duration(ns))),
    });
  }

  // All rows show the same stretch of time.
  function zoomTo(stretch) {
    zoom = stretch;
    for (const u of rows) u.setScale("x", { min: 0, max: 1 });  // the range above decides
  }

  function zoomToSelection(u) {
    const { left, width } = u.select;
    if (width < 5) return;
    zoomTo([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
    for (const each of rows) each.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  function addRow(map, last) {
    const head = element("p", {});
    head.innerHTML = swatch(map.name);
    const told = element("span", {}, ` slowest ${plot.operation} ${duration(slowestOf(map))}`);
    head.append(element("b", {}, map.name), told);
    if (map.migrations.length > 0) head.append(element("span", { className: "shaded" }, "moving elements"));
    const row = element("div", { className: "row" }, head);
    row.dataset.map = map.name;
    box.append(row);
    const { color } = look(map.name);
    const high = slowest();
    const u = new uPlot(
      {
        width: box.clientWidth,
        height: (narrow() ? 78 : 92) + (last ? 44 : 0),
        legend: { show: false },
        padding: [8, 14, last ? 0 : 6, 0],
        cursor: {
          y: false,
          points: { show: false },
          sync: { key: "pauses" },
          drag: { setScale: false },
          bind: { dblclick: () => () => zoomTo(null) },
        },
        scales: {
          x: { time: false, range: () => zoom ?? [0, longest()] },
          y: logarithmic ? { distr: 3, range: [1e2, high * 2] } : { range: [0, high * 1.05] },
        },
        axes: [
          timeAxis(last ? { label: "time since the start" } : { size: 0, values: () => [], ticks: { show: false } }),
          verticalAxis(),
        ],
        series: [
          {},
          {
            stroke: color,
            fill: color + (darkness.matches ? "66" : "55"),
            width: 1.25,
            fillTo: logarithmic ? 1e2 : 0,
            paths: uPlot.paths.stepped({ align: 1 }),
            points: { show: false },
          },
        ],
        hooks: {
          setSelect: [zoomToSelection],
          drawClear: [(u) => shadeMigrations(u, map)],
          draw: [(u) => markEnd(u, map)],
          setCursor: [
            (u) => {
              const i = u.cursor.idx;
              const ns = i == null ? null : map.slowest_ns[i];
              told.textContent =
                ns == null || i >= map.slowest_ns.length
                  ? ` slowest ${plot.operation} ${duration(slowestOf(map))}`
                  : ` at ${seconds(i * cell)}: ${duration(ns)}`;
            },
          ],
        },
      },
      dataOf(map),
      row,
    );
    rows.push(u);
  }

  function scaleButtons() {
    const group = element("div", { className: "scale" });
    for (const [text, value] of [["linear", false], ["logarithmic", true]]) {
      const button = element("button", { type: "button" }, text);
      button.setAttribute("aria-pressed", String(logarithmic === value));
      button.onclick = () => {
        logarithmic = value;
        draw();
      };
      group.append(button);
    }
    return group;
  }

  function draw() {
    rows.forEach((u) => u.destroy());
    rows = [];
    box.replaceChildren();
    const bar = legend(names, hidden, () => {
      zoom = null;
      draw();
    });
    bar.append(scaleButtons());
    box.append(bar);
    const maps = visible();
    maps.forEach((map, n) => addRow(map, n + 1 === maps.length));
  }
  return draw;
}
