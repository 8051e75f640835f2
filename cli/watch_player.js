// Plays the frames that `steady watch` recorded inside an element:
//
//   steady_player(element, frames)
//
// Plain JavaScript and one canvas: no other file is needed. Both arrays are drawn over the same hash
// line, so that the frontier can be seen to cross the old array while the new one fills behind it.
// Whoever cannot see it reads the sentence below, which says the same. It begins to play when it
// comes into view, unless the reader wants nothing to move.
function steady_player(element, frames) {
  "use strict";
  const height = 330;
  const margin = 8;
  const bars = 100; // of one array, in pixels
  const old_base = 140; // where its bars stand
  const new_base = 300;
  let at = 0;
  let playing = false;
  let timer = null;

  const colors = () => {
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches ||
      document.body.getAttribute("data-md-color-scheme") === "slate";
    return dark
      ? { text: "#ddd", faint: "#9aa0a6", old: "#56a8e0", new: "#e6a23c", mark: "#4cc38a", warning: "#ff6b6b" }
      : { text: "#222", faint: "#70757b", old: "#0072b2", new: "#a85c00", mark: "#00794f", warning: "#c02020" };
  };

  const make = (tag, attributes, parent) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  };

  element.style.font = "14px/1.4 system-ui, sans-serif";
  const title = make("p", { style: "margin: 0 0 .3rem; font-weight: 600; min-height: 1.4em" }, element);
  const canvas = make("canvas", { role: "img", style: `width: 100%; height: ${height}px; display: block` }, element);
  const controls = make("div", { style: "display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .3rem 0" }, element);
  const make_button = (text, width) => {
    const made = make("button", { type: "button", style: `min-width: ${width}; font: inherit; padding: .3rem .6rem; border: 1px solid; border-radius: .3rem; cursor: pointer` }, controls);
    made.textContent = text;
    return made;
  };
  const button = make_button("Play", "5rem");
  const back = make_button("Back", "0");
  const next = make_button("Step", "0");
  const slider = make("input", { type: "range", min: 0, max: Math.max(0, frames.length - 1), value: 0, style: "flex: 1 1 8rem; min-width: 0", "aria-label": "frame" }, controls);
  const speed = make("select", { "aria-label": "frames a second", style: "font: inherit" }, controls);
  for (const rate of [5, 10, 20, 40]) {
    const option = make("option", { value: rate }, speed);
    option.textContent = `${rate}/s`;
    option.selected = rate === 10;
  }
  const says = make("p", { style: "margin: 0; min-height: 2.8em" }, element);
  const facts = make("p", { style: "margin: .3rem 0 0; font-size: .9em; opacity: .85" }, element);
  const note = make("p", { style: "margin: .3rem 0 0; font-weight: 600; min-height: 1.4em" }, element);

  const number = (value) => value.toLocaleString("en-US");
  const title_of = (frame) => {
    if (frame.kind === "at rest") return `${frame.doing}, at rest`;
    return `${frame.doing}, ${frame.kind} because of ${frame.cause}: ${number(frame.old.buckets)} → ` +
      `${number(frame.new.buckets)} buckets, ${Math.floor(frame.frontier * 100)} % moved`;
  };
  const facts_of = (frame) => {
    const moved = frame.here.moved_by_insert + frame.here.moved_by_walk + frame.here.moved_by_step;
    const mib = (frame.bytes / 1048576).toFixed(2);
    return `${number(frame.size)} elements, load factor ${frame.load_factor.toFixed(2)}, ${mib} MiB in ` +
      `${frame.chunks} chunks, ${number(frame.overflow_buckets)} overflow buckets. This frame: ` +
      `${number(frame.here.inserted)} inserted, ${number(frame.here.erased)} erased, ` +
      `${number(moved)} buckets moved.`;
  };

  const draw_array = (pen, array, base, color, width, palette) => {
    const count = array.states.length;
    const step = (width - 2 * margin) / Math.max(1, count);
    for (let part = 0; part < count; ++part) {
      const x = margin + part * step;
      if (array.states[part] === ".") {
        pen.fillStyle = palette.faint;
        pen.fillRect(x + step / 2 - 1, base - 3, 2, 2);
        continue;
      }
      const full = Math.min(array.full[part], 110);
      pen.fillStyle = color;
      pen.globalAlpha = 0.45 + 0.55 * Math.min(1, full / 100);
      pen.fillRect(x + 0.5, base - bars * full / 100, Math.max(1, step - 1), bars * full / 100);
      pen.globalAlpha = 1;
      if (array.chains[part] > 1) { // chance makes few chains, and short ones
        pen.fillStyle = array.chains[part] > 4 ? palette.warning : palette.text;
        const size = Math.min(14, 2 + array.chains[part]);
        pen.fillRect(x + step / 2 - 1, base - bars * full / 100 - size - 2, 2, size);
      }
    }
    if (count === 0) return;
    pen.fillStyle = palette.faint;
    pen.fillRect(margin, base, width - 2 * margin, 1);
    say_over(pen, array.states, ".", "moved away", base, step);
    say_over(pen, array.states, "-", "not there yet", base, step);
  };

  // A word over the parts in one state, where there is room for it.
  const say_over = (pen, states, state, word, base, step) => {
    const first = states.indexOf(state);
    const last = states.lastIndexOf(state);
    const text_width = pen.measureText(word).width;
    if (first < 0 || (last - first + 1) * step < text_width + 16) return;
    pen.fillText(word, margin + (first + last + 1) * step / 2 - text_width / 2, base - 12);
  };

  const label = (pen, text, x, y, color) => {
    pen.fillStyle = color;
    pen.fillText(text, x, y);
  };

  const draw = () => {
    const frame = frames[at];
    const width = element.clientWidth || 600;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = "13px system-ui, sans-serif";
    const palette = colors();
    const migrates = frame.kind !== "at rest";
    const place = (position) => margin + position * (width - 2 * margin);

    draw_array(pen, frame.old, old_base, palette.old, width, palette);
    draw_array(pen, frame.new, new_base, palette.new, width, palette);
    const buckets = (array) => `${number(array.buckets)} buckets of ${array.slots} slots`;
    if (frame.old.buckets) {
      label(pen, `${migrates ? "old array" : "the array"}: ${buckets(frame.old)}`, margin, 16, palette.old);
    }
    if (migrates) {
      label(pen, `new array: ${buckets(frame.new)}`, margin, old_base + 46, palette.new);
      const x = place(frame.frontier);
      pen.fillStyle = palette.mark;
      pen.fillRect(x - 1, old_base - bars - 8, 2, new_base - old_base + bars + 8);
      const text = "frontier";
      const room = x + 8 + pen.measureText(text).width < width;
      label(pen, text, room ? x + 6 : x - 6 - pen.measureText(text).width, old_base + 24, palette.mark);
    }
    const attack = `attack: ${frame.colliding} keys`;
    for (const [markers, sign] of [[frame.walkers, "walker"], [frame.attack, attack]]) {
      for (const marker of markers) {
        const x = place(marker.at);
        const base = marker.new ? new_base : old_base;
        pen.fillStyle = palette.warning;
        pen.beginPath();
        pen.moveTo(x, base + 2);
        pen.lineTo(x - 5, base + 11);
        pen.lineTo(x + 5, base + 11);
        pen.fill();
        const text_width = pen.measureText(sign).width;
        label(pen, sign, Math.min(x + 8, width - text_width), base + 14, palette.warning);
      }
    }
    title.textContent = title_of(frame);
    says.textContent = frame.explanation;
    facts.textContent = facts_of(frame);
    note.textContent = frame.note;
    canvas.setAttribute("aria-label", `${title_of(frame)}. ${frame.explanation}`);
    slider.value = at;
    slider.setAttribute("aria-valuetext", `frame ${at + 1} of ${frames.length}: ${title.textContent}`);
    back.disabled = at === 0;
    next.disabled = at + 1 >= frames.length;
  };

  const tick = () => {
    if (!playing) return;
    if (at + 1 >= frames.length) return stop();
    ++at;
    draw();
    // What has just happened stays long enough to be read.
    const pause = frames[at].note ? 900 : 1000 / Number(speed.value);
    timer = setTimeout(tick, pause);
  };
  const play = () => {
    if (at + 1 >= frames.length) at = 0;
    playing = true;
    button.textContent = "Pause";
    tick();
  };
  const stop = () => {
    playing = false;
    clearTimeout(timer);
    button.textContent = "Play";
  };

  const show = (frame) => {
    stop();
    at = Math.min(frames.length - 1, Math.max(0, frame));
    draw();
  };

  if (frames.length === 0) {
    title.textContent = "No frames were recorded.";
    controls.remove();
    return;
  }
  button.addEventListener("click", () => (playing ? stop() : play()));
  back.addEventListener("click", () => show(at - 1));
  next.addEventListener("click", () => show(at + 1));
  slider.addEventListener("input", () => show(Number(slider.value)));
  new ResizeObserver(draw).observe(element);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });

  // For links to one frame, and for those who do not want things to move.
  const asked = /[#&]frame=(\d+)/.exec(window.location.hash);
  show(asked ? Number(asked[1]) - 1 : 0);
  if (asked || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    if (at === 0) play(); // else the reader has used the buttons before
  }, { threshold: 0.5 });
  seen.observe(canvas);
}
