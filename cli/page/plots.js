// What the plots share: axes, markers, a legend of buttons, and drawing anew when the width or the
// scheme of colours changes.
const narrow = () => window.innerWidth < 640;
const axisFont = () => `${narrow() ? 11 : 12}px system-ui, sans-serif`;

function axis(extra) {
  return {
    stroke: css("--quiet"),
    font: axisFont(),
    labelFont: axisFont(),
    labelSize: 18,
    grid: { stroke: css("--rule"), width: 1 },
    ticks: { stroke: css("--rule"), width: 1, size: 4 },
    filter: (u, splits) => splits,
    ...extra,
  };
}

const timeAxis = (extra) =>
  axis({
    scale: "x",
    size: 30,
    splits: (u, i, low, high) => roundSteps(high, narrow() ? 4 : 8, [1, 2, 5], 10).filter((at) => at >= low),
    values: (u, splits) => splits.map(seconds),
    ...extra,
  });

// Markers about every `gap` pixels along each visible line, shifted from line to line, so that they
// do not cover each other.
function drawMarkers(u, names, gap) {
  const ratio = devicePixelRatio;
  names.forEach((name, n) => {
    if (!u.series[n + 1].show) return;
    const { color, marker } = look(name);
    const [xs, ys] = [u.data[0], u.data[n + 1]];
    let next = u.bbox.left + (gap * ratio * (n + 0.5)) / names.length;
    u.ctx.save();
    u.ctx.fillStyle = u.ctx.strokeStyle = color;
    u.ctx.lineWidth = 1.5 * ratio;
    for (let i = 0; i < xs.length; ++i) {
      if (ys[i] == null) continue;
      const x = u.valToPos(xs[i], "x", true);
      if (x < next || x > u.bbox.left + u.bbox.width) continue;
      const path = markerPath(marker, x, u.valToPos(ys[i], "y", true), 3.5 * ratio);
      if (marker !== "cross") u.ctx.fill(path);
      u.ctx.stroke(path);
      while (next <= x) next += gap * ratio;
    }
    u.ctx.restore();
  });
}

function lineSeries(name, extra) {
  const { color, dash, width } = look(name);
  return { label: name, stroke: color, dash, width, points: { show: false }, spanGaps: true, ...extra };
}

function element(kind, properties, ...children) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
}

// Buttons that show and hide the maps; `hidden` is a set of names that outlives redrawing.
function legend(names, hidden, changed) {
  const bar = element("div", { className: "bar legend" });
  for (const name of names) {
    const button = element("button", { type: "button" });
    button.innerHTML = swatch(name);
    button.append(name);
    button.dataset.map = name;
    button.setAttribute("aria-pressed", String(!hidden.has(name)));
    button.title = `show or hide ${name}`;
    button.onclick = () => {
      if (!hidden.delete(name)) hidden.add(name);
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      changed(name);
    };
    bar.append(button);
  }
  return bar;
}

// The last value at or before index i.
function valueAt(values, i) {
  while (i > 0 && values[i] == null) --i;
  return values[i];
}

// One plot with all maps in it. `shape` has data, scales, axes, paths, height, at(x) for the place
// under the cursor, and value(y).
function linePlot(box, names, shape) {
  const hidden = new Set();
  let plot;
  const readout = element("div", { className: "readout" });
  const tell = (u) => {
    const i = u.cursor.idx;
    readout.replaceChildren();
    if (i == null) return;
    readout.append(shape.at(u.data[0][i]) + ": ");
    names.forEach((name, n) => {
      const value = valueAt(u.data[n + 1], i);
      if (hidden.has(name) || value == null) return;
      readout.append(element("b", {}, name), ` ${shape.value(value)}  `);
    });
  };
  const draw = () => {
    plot?.destroy();
    box.replaceChildren();
    const show = (name) => plot.setSeries(names.indexOf(name) + 1, { show: !hidden.has(name) });
    box.append(legend(names, hidden, show));
    plot = new uPlot(
      {
        width: box.clientWidth,
        height: shape.height,
        legend: { show: false },
        cursor: { y: false, points: { show: false } },
        scales: shape.scales,
        axes: shape.axes(),
        series: [{}, ...names.map((name) => lineSeries(name, { show: !hidden.has(name), ...shape.series }))],
        hooks: { draw: [(u) => drawMarkers(u, names, narrow() ? 50 : 70)], setCursor: [tell] },
      },
      shape.data,
      box,
    );
    box.append(readout);
  };
  return draw;
}
