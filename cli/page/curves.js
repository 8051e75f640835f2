// Latency by percentile, both axes logarithmic: to the right are rarer operations.
function percentilesPlot(box, plot) {
  const names = plot.maps.map((map) => map.name);
  const data = uPlot.join(plot.maps.map((map) => [map.points.map((p) => p[0]), map.points.map((p) => Math.max(1, p[1]))]));
  const values = plot.maps.flatMap((map) => map.points.map((p) => Math.max(1, p[1])));
  const [low, high] = [Math.min(...values) / 1.5, Math.max(...values) * 1.5];
  const rarest = Math.max(...plot.maps.flatMap((map) => map.points.map((p) => p[0])));
  return linePlot(box, names, {
    data,
    height: 340,
    scales: { x: { time: false, distr: 3, range: [2, Math.max(4, rarest)] }, y: { distr: 3, range: [low, high] } },
    axes: () => [
      axis({
        size: 30,
        label: "percentile",
        splits: () => [2, ...decades(10, rarest)].filter((at, i) => !narrow() || i % 2 === 0),
        values: (u, splits) => splits.map(percentile),
      }),
      axis({ size: narrow() ? 52 : 62, splits: () => decades(low, high), values: (u, splits) => splits.map(duration) }),
    ],
    series: {},
    at: (of) => `${percentile(of)} take at most`,
    value: duration,
  });
}

function memoryPlot(box, plot) {
  const names = plot.maps.map((map) => map.name);
  const data = uPlot.join(plot.maps.map((map) => [map.bytes.map((_, i) => (i * map.interval_ns) / 1e9), map.bytes]));
  const most = Math.max(1, ...plot.maps.map((map) => map.bytes.reduce((a, b) => Math.max(a, b), 0)));
  const longest = data[0].at(-1) || 1;
  return linePlot(box, names, {
    data,
    height: 300,
    scales: { x: { time: false, range: [0, longest] }, y: { range: [0, most * 1.08] } },
    axes: () => [
      timeAxis({ label: "time since the start" }),
      axis({ size: narrow() ? 58 : 70, splits: () => roundSteps(most, 5, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], 1024), values: (u, splits) => splits.map(bytes) }),
    ],
    series: { paths: uPlot.paths.stepped({ align: 1 }) },
    at: (at) => `after ${seconds(at)}`,
    value: bytes,
  });
}
