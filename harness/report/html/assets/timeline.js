// The timeline: operations of the writers around an anomaly, critical sections and collisions visible.

const LANE = { height: 22, left: 92, top: 22, width: 1000 };
const OP = { writer: 0, seq: 1, begin: 2, enter: 3, leave: 4, acknowledged: 5, state: 6 };
const STATE_TEXT = { whole: 'whole in the file', torn: 'torn in the file', absent: 'not in the file', unknown: '' };

const endOf = (op) => Math.max(op[OP.begin], op[OP.leave], op[OP.acknowledged], op[OP.enter]);
const isAbout = (focus, op) => focus.about !== null && op[OP.writer] === focus.about.writer && op[OP.seq] === focus.about.seq;

function timeline(view) {
  const focuses = view.timeline;
  if (!focuses.length) return el('div', { class: 'panel' }, el('h3', {}, 'Timeline'), el('p', {}, 'No operation was noted.'));
  const body = el('div', {});
  const buttons = focuses.map((focus, index) => {
    const about = focus.about;
    const button = el('button', { type: 'button' }, about ? `${about.kind}: writer ${about.writer}, record ${count(about.seq)}` : 'when all had begun');
    button.addEventListener('click', () => choose(index));
    return button;
  });
  function choose(index) {
    buttons.forEach((button, at) => button.setAttribute('aria-pressed', at === index));
    body.replaceChildren(oneTimeline(focuses[index]));
  }
  choose(0);
  const guarded = focuses.some((focus) => focus.operations.some((op) => op[OP.enter] >= 0));
  const legend = el('div', { class: 'legend' },
    el('span', {}, swatch('var(--w0)'), guarded ? 'critical section (thin: waiting before, leaving after)' : 'operation, from attempt to acknowledgement'),
    el('span', {}, swatch('var(--w0)', svg('rect', { width: 13, height: 13, fill: 'url(#hatch)' })), 'its record is torn'),
    el('span', {}, swatch('var(--card)', svg('rect', { x: 1, y: 3, width: 11, height: 7, fill: 'none', stroke: 'var(--ink)', 'stroke-dasharray': '2 2' })), 'its record is gone'),
    guarded ? el('span', {}, swatch('var(--card)', svg('rect', { width: 13, height: 13, fill: 'url(#hatch)' })), 'across lanes: two critical sections overlap') : null,
    el('span', {}, swatch('var(--accent)'), 'shaded: while the damaged record’s own operation ran'));
  return el('div', { class: 'panel' }, el('h3', {}, 'Timeline'),
    el('p', { class: 'hint' }, view.timeline[0].about ? 'What the writers did around the first anomalies.' : 'No anomaly: what the writers did when the last of them had begun.'),
    focuses.length > 1 ? el('div', { class: 'bar screen' }, buttons) : null, legend, body);
}

/** Stretches in which critical sections of two writers ran at once: [from, to, op, op]. */
function collisions(operations) {
  const inside = operations.filter((op) => op[OP.enter] >= 0 && op[OP.leave] >= 0).sort((a, b) => a[OP.enter] - b[OP.enter]);
  const found = [];
  inside.forEach((op, index) => {
    for (const other of inside.slice(index + 1)) {
      if (other[OP.enter] >= op[OP.leave]) break;
      if (other[OP.writer] !== op[OP.writer]) found.push([other[OP.enter], Math.min(op[OP.leave], other[OP.leave]), op, other]);
    }
  });
  return found;
}

function oneTimeline(focus) {
  const operations = focus.operations;
  const own = operations.find((op) => isAbout(focus, op));
  const lanes = [...new Set(operations.map((op) => op[OP.writer]))].sort((a, b) => a - b);
  const whole = [Math.min(...operations.map((op) => op[OP.begin])), Math.max(...operations.map(endOf))];
  const hits = collisions(operations);
  const height = LANE.top + lanes.length * LANE.height + 6;
  const root = svg('svg', { class: 'map', viewBox: `0 0 ${LANE.left + LANE.width + 8} ${height}`, role: 'application', tabindex: 0,
    'aria-roledescription': 'timeline', 'aria-label': `${operations.length} operations of ${plural(lanes.length, 'writer')} in ${duration(whole[1] - whole[0])}; plus and minus zoom, arrow keys move, 0 shows all` });
  const readout = el('p', { class: 'readout', 'aria-live': 'polite' }, about(focus, own, hits));
  let span = own ? opening(own, whole) : whole;
  const draw = () => { root.replaceChildren(...drawing({ focus, operations, own, lanes, hits, span, height })); };
  const zoom = (factor, centre = (span[0] + span[1]) / 2) => {
    const size = Math.min(Math.max((span[1] - span[0]) * factor, 0.5), whole[1] - whole[0]);
    const ratio = (centre - span[0]) / (span[1] - span[0]);
    move(centre - ratio * size, size);
  };
  const move = (from, size) => {
    const start = Math.min(Math.max(from, whole[0]), whole[1] - size);
    span = [start, start + size];
    draw();
  };
  const around = (instant) => { const size = Math.min((whole[1] - whole[0]) / 12, 400); move(instant - size / 2, Math.max(size, 0.5)); };
  const step = (ways) => move(span[0] + ways * (span[1] - span[0]) * 0.2, span[1] - span[0]);
  const all = () => { span = whole; draw(); };
  const keys = { '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), ArrowLeft: () => step(-1), ArrowRight: () => step(1), 0: all };
  root.addEventListener('keydown', (event) => {
    if (event.key in keys && !event.ctrlKey && !event.metaKey) { event.preventDefault(); keys[event.key](); }
  });
  root.addEventListener('pointerover', (event) => {
    const node = event.target.closest('[data-op]');
    readout.textContent = node ? opText(operations[Number(node.dataset.op)]) : about(focus, own, hits);
  });
  drag(root, () => span, move);
  draw();
  const button = (label, title, act) => { const node = el('button', { type: 'button', title }, label); node.addEventListener('click', act); return node; };
  const bar = el('div', { class: 'bar screen' }, button('+', 'zoom in', () => zoom(0.5)), button('−', 'zoom out', () => zoom(2)), button('all', 'show all', all),
    own ? button('its begin', 'zoom to where the damaged record’s operation began', () => around(own[OP.begin])) : null,
    own ? button('its end', 'zoom to where it ended', () => around(endOf(own))) : null);
  return el('div', {}, readout, root, bar, operationsTable(operations));
}

/** What is shown first: the damaged record's own operation and a little on both sides. */
function opening(own, [first, last]) {
  const room = Math.max((endOf(own) - own[OP.begin]) * 0.4, 20);
  return [Math.max(own[OP.begin] - room, first), Math.min(endOf(own) + room, last)];
}

function drag(root, spanOf, move) {
  let start = null;
  root.addEventListener('pointerdown', (event) => { start = [event.clientX, spanOf()]; });
  root.addEventListener('pointermove', (event) => {
    if (!start || !event.buttons) { start = null; return; }
    const [x, [low, high]] = start;
    const perPixel = ((high - low) * (LANE.left + LANE.width)) / LANE.width / root.clientWidth;
    move(low - (event.clientX - x) * perPixel, high - low);
  });
}

function about(focus, own, hits) {
  const overlaps = hits.length ? ` ${plural(hits.length, 'pair')} of critical sections overlap.` : '';
  if (!focus.about) return `Point at an operation to read it.${overlaps}`;
  const took = own ? `; its operation took ${duration(endOf(own) - own[OP.begin])}` : '';
  return `${focus.about.kind}: record ${count(focus.about.seq)} of writer ${focus.about.writer}${took}. Cause: ${focus.about.cause}.${overlaps}`;
}

function opText(op) {
  const section = op[OP.enter] >= 0 ? `, waited ${duration(op[OP.enter] - op[OP.begin])}, critical section ${op[OP.leave] >= 0 ? duration(op[OP.leave] - op[OP.enter]) : 'never left'}` : '';
  const end = op[OP.acknowledged] >= 0 ? `acknowledged after ${duration(op[OP.acknowledged] - op[OP.begin])}` : 'never acknowledged';
  return `writer ${op[OP.writer]}, record ${count(op[OP.seq])}: begun at ${duration(op[OP.begin])}${section}, ${end}; ${STATE_TEXT[op[OP.state]]}`;
}

function drawing({ focus, operations, own, lanes, hits, span, height }) {
  const [low, high] = span;
  const x = (us) => LANE.left + ((us - low) / (high - low || 1)) * LANE.width;
  const y = (writer) => LANE.top + lanes.indexOf(writer) * LANE.height;
  const right = LANE.left + LANE.width;
  const clip = (from, to) => [Math.max(x(from), LANE.left), Math.min(x(to), right)];
  const seen = (from, to) => to >= low && from <= high;
  const nodes = lanes.flatMap((writer) => [
    svg('rect', { class: 'lane', x: LANE.left, y: y(writer) + 1, width: LANE.width, height: LANE.height - 2 }),
    svg('text', { class: 'name', x: LANE.left - 8, y: y(writer) + 15, 'text-anchor': 'end', 'font-weight': own && own[OP.writer] === writer ? 700 : 400 }, `writer ${writer}`)]);
  const axis = svg('g', { class: 'axis' });
  for (const at of ticks(low, high, 6)) {
    axis.append(svg('line', { x1: x(at), x2: x(at), y1: LANE.top - 4, y2: height - 6 }),
      svg('text', { x: Math.min(x(at), right - 18), y: 12, 'text-anchor': 'middle' }, duration(at)));
  }
  nodes.push(axis);
  if (own && seen(own[OP.begin], endOf(own))) {
    const [from, to] = clip(own[OP.begin], endOf(own));
    nodes.push(svg('rect', { class: 'focus-band', x: from, y: LANE.top - 4, width: Math.max(to - from, 1), height: height - LANE.top - 2 }));
  }
  for (const [writer, from, to, hidden] of focus.hidden) {
    if (!seen(from, to)) continue;
    const [start, end] = clip(from, to);
    const middle = y(writer) + LANE.height / 2;
    nodes.push(svg('line', { class: 'hidden-run', x1: start, x2: end, y1: middle, y2: middle }));
    const label = `${plural(hidden, 'operation')} not drawn`;
    if (end - start > label.length * 6.2) nodes.push(svg('text', { class: 'name', x: (start + end) / 2, y: middle - 2, 'text-anchor': 'middle' }, label));
  }
  operations.forEach((op, index) => {
    if (seen(op[OP.begin], endOf(op))) nodes.push(drawOperation(op, index, y(op[OP.writer]), clip, isAbout(focus, op)));
  });
  for (const [from, to, one, other] of hits) {
    if (!seen(from, to)) continue;
    const [start, end] = clip(from, to);
    const tops = [y(one[OP.writer]), y(other[OP.writer])].sort((a, b) => a - b);
    nodes.push(svg('rect', { class: 'collision', x: start, y: tops[0] + 4, width: Math.max(end - start, 1.5), height: tops[1] - tops[0] + LANE.height - 8, 'pointer-events': 'none' }));
  }
  return nodes;
}

function drawOperation(op, index, top, clip, focused) {
  const bar = (from, to, inset, extra) => {
    const [start, end] = clip(from, to);
    return svg('rect', { x: start.toFixed(2), y: top + inset, width: Math.max(end - start, 1.5).toFixed(2), height: LANE.height - 2 * inset, rx: 1, ...extra });
  };
  const ink = { fill: colour(op[OP.writer]) };
  const node = svg('g', { 'data-op': index }, svg('title', {}, opText(op)));
  const end = endOf(op);
  const [from, to] = op[OP.enter] >= 0 ? [op[OP.enter], op[OP.leave] >= 0 ? op[OP.leave] : end] : [op[OP.begin], end];
  if (op[OP.enter] >= 0) node.append(bar(op[OP.begin], end, 9, { ...ink, opacity: 0.55 }));
  if (op[OP.state] === 'absent') node.append(bar(from, to, 5, { fill: 'var(--card)', stroke: colour(op[OP.writer]), 'stroke-width': 1.5, 'stroke-dasharray': '3 2' }));
  else node.append(bar(from, to, 5, ink));
  if (op[OP.state] === 'torn') node.append(bar(from, to, 5, { fill: 'url(#hatch)' }));
  if (focused) node.append(bar(op[OP.begin], end, 2, { class: 'ring' }));
  return node;
}

function operationsTable(operations) {
  const time = (us) => (us < 0 ? '–' : duration(us));
  const rows = [...operations].sort((a, b) => a[OP.begin] - b[OP.begin]).map((op) => [`writer ${op[OP.writer]}`, count(op[OP.seq]),
    time(op[OP.begin]), time(op[OP.enter]), time(op[OP.leave]), time(op[OP.acknowledged]), STATE_TEXT[op[OP.state]]]);
  return el('details', {}, el('summary', {}, 'These operations as a table'), 
    framed('operations', ['writer', 'record', 'begun', 'entered', 'left', 'acknowledged', 'record is'], rows, ['', 'number', 'number', 'number', 'number', 'number']));
}
