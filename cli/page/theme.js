// How each map looks: colours that people with any kind of colour vision can tell apart, and, for
// those who see none, a dash and a marker. The dark colours are the same hues, lighter. `looks` comes
// from bench/maps.json, through the build.
const darkness = window.matchMedia("(prefers-color-scheme: dark)");

function look(name) {
  const found = looks[name] ?? looks.control;
  return { ...found, color: darkness.matches ? found.dark : found.light };
}

const ground = () => getComputedStyle(document.body).backgroundColor;

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// An outline around (x, y), closed where it can be filled.
function markerPath(kind, x, y, r) {
  const path = new Path2D();
  if (kind === "circle") path.arc(x, y, r, 0, 2 * Math.PI);
  const corners = {
    square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
    triangle: [[0, -1.2], [1.1, 0.9], [-1.1, 0.9]],
    diamond: [[0, -1.35], [1.2, 0], [0, 1.35], [-1.2, 0]],
  }[kind];
  if (corners) {
    corners.forEach(([dx, dy], i) => path[i ? "lineTo" : "moveTo"](x + dx * r, y + dy * r));
    path.closePath();
  }
  if (kind === "cross") {
    path.moveTo(x - r, y - r);
    path.lineTo(x + r, y + r);
    path.moveTo(x + r, y - r);
    path.lineTo(x - r, y + r);
  }
  return path;
}

// A piece of the line and its marker, for legends.
function swatch(name) {
  const { color, dash, marker, width } = look(name);
  const shapes = {
    circle: '<circle cx="14" cy="7" r="3.5"/>',
    square: '<rect x="10.5" y="3.5" width="7" height="7"/>',
    triangle: '<path d="M14 2.5 18 10.5H10z"/>',
    diamond: '<path d="M14 2 18.5 7 14 12 9.5 7z"/>',
    cross: '<path d="m10.5 3.5 7 7m0-7-7 7"/>',
  };
  return (
    `<svg width="28" height="14" aria-hidden="true"><g stroke="${color}" fill="${color}">` +
    `<path d="M0 7H28" stroke-width="${width}" stroke-dasharray="${dash.join(" ")}"/>` +
    `${shapes[marker]}</g></svg>`
  );
}
