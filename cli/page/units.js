// Quantities as people read them, as cli/units.cpp writes them.
function threeDigits(value) {
  if (value >= 99.95 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

function withUnit(value, step, units) {
  let unit = 0;
  while (value >= step - 0.5 && unit + 1 < units.length) {
    value /= step;
    ++unit;
  }
  return `${threeDigits(value)} ${units[unit]}`;
}

const duration = (ns) => withUnit(ns, 1000, ["ns", "us", "ms", "s"]);
const bytes = (count) => withUnit(count, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
const seconds = (value) => `${+value.toPrecision(4)} s`;

// "1 in 1,000 takes longer" as a percentile: 99.9 %.
function percentile(of) {
  const percent = 100 - 100 / of;
  const digits = Math.max(0, Math.ceil(Math.log10(of) - 2.001));
  return `${percent.toFixed(digits)} %`;
}

// Powers of ten within [low, high].
function decades(low, high) {
  const found = [];
  for (let e = Math.ceil(Math.log10(low) - 1e-9); 10 ** e <= high * (1 + 1e-9); ++e) found.push(10 ** e);
  return found;
}

// About `count` round steps from 0 to `high`; steps are `bases` times powers of `power`.
function roundSteps(high, count, bases, power) {
  const least = high / count;
  let scale = power ** Math.floor(Math.log(least) / Math.log(power));
  let step = bases.map((b) => b * scale).find((s) => s >= least);
  step ??= scale * power;
  const found = [];
  for (let at = 0; at <= high * (1 + 1e-9); at += step) found.push(at);
  return found;
}
