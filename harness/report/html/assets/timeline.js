// The timeline: operations of the writers around an anomaly, critical sections and collisions visible.

const LANE = { height: 22, left: 92, top: 22, width: 1000 };
const LEAST_SPAN_US = 0.5;
const LETTER = 6.2;

function timeline(view) {
  const focuses = view.timeline;
  const title = el('h3', {}, 'Timeline');
  if (!focuses.length) return el('div', { class: 'panel' }, title, el('p', {}, 'No operation was noted.'));
  const body = el('div', {});
  const buttons = focuses.map(({ about }, index) => {
    const label = about ? `${about.kind}: writer ${about.writer}, record ${count(about.seq)}` : 'when all had begun';
    const button = el('button', { type: 'button' }, label);
    button.addEventListener('click', () => choose(index));
    return button;
  });
  const choose = (index) => {
    buttons.forEach((button, at) => button.setAttribute('aria-pressed', at === index));
    body.replaceChildren(oneTimeline(focuses[index]));
  };
  choose(0);
  const what = focuses[0].about ? 'What the writers did around the first anomalies.'
    : 'No anomaly: what the writers did when the last of them had begun.';
  return el('div', { class: 'panel' }, title, el('p', { class: 'hint' }, what),
    focuses.length > 1 ? el('div', { class: 'bar screen' }, buttons) : null,
    timelineLegend(focuses.some((focus) => focus.operations.some(isGuarded))), body);
}

function timelineLegend(guarded) {
  const bar = guarded ? 'critical section (thin: waiting before, leaving after)'
    : 'operation, from attempt to acknowledgement';
  const dashed = { x: 1, y: 3, width: 11, height: 7, fill: 'none', stroke: 'var(--ink)', 'stroke-dasharray': '2 2' };
  return el('div', { class: 'legend' },
    el('span', {}, swatch('var(--w0)'), bar),
    el('span', {}, hatched('var(--w0)'), 'its record is torn'),
    el('span', {}, swatch('var(--card)', svg('rect', dashed)), 'its record is gone'),
    guarded ? el('span', {}, hatched('var(--card)'), 'across lanes: two critical sections overlap') : null,
    el('span', {}, swatch('var(--band)'), 'shaded: while the damaged record’s own operation ran'));
}

/** One focus: a plot to zoom and move in, what is pointed at in words, and the table. */
function oneTimeline(focus) {
  const { operations } = focus;
  const own = operations.find((op) => isAbout(focus, op));
  const lanes = [...new Set(operations.map((op) => op[OP.writer]))].sort((a, b) => a - b);
  const whole = [Math.min(...operations.map((op) => op[OP.begin])), Math.max(...operations.map(endOf))];
  const hits = collisions(operations);
  const height = LANE.top + lanes.length * LANE.height + 6;
  const label = `${operations.length} operations of ${plural(lanes.length, 'writer')} in `
    + `${duration(whole[1] - whole[0])}; plus and minus zoom, arrow keys move, 0 shows all`;
  const root = svg('svg', {
    class: 'map', viewBox: `0 0 ${LANE.left + LANE.width + 8} ${height}`, role: 'application', tabindex: 0,
    'aria-roledescription': 'timeline', 'aria-label': label,
  });
  const readout = el('p', { class: 'readout', 'aria-live': 'polite' }, focusText(focus, own, hits));
  root.addEventListener('pointerover', (event) => {
    const node = event.target.closest('[data-op]');
    readout.textContent = node ? operationText(operations[Number(node.dataset.op)]) : focusText(focus, own, hits);
  });
  const draw = (span) => root.replaceChildren(...drawing({ focus, own, lanes, hits, span, height }));
  const bar = controls(root, whole, own, own ? opening(own, whole) : whole, draw);
  return el('div', {}, readout, root, bar, operationsTable(operations));
}

/** What is shown first: the damaged record's own operation and a little on both sides. */
function opening(own, [first, last]) {
  const room = Math.max((endOf(own) - own[OP.begin]) * 0.4, 20);
  return [Math.max(own[OP.begin] - room, first), Math.min(endOf(own) + room, last)];
}

/** Zooming and moving, by keys, buttons and dragging; draws at once and after each. */
function controls(root, whole, own, start, draw) {
  const all = Math.max(whole[1] - whole[0], LEAST_SPAN_US);
  let [from, size] = [start[0], Math.max(start[1] - start[0], LEAST_SPAN_US)];
  const move = (to, width = size) => {
    size = Math.min(Math.max(width, LEAST_SPAN_US), all);
    from = Math.min(Math.max(to, whole[0]), whole[0] + all - size);
    draw([from, from + size]);
  };
  const zoom = (factor) => move(from + (size * (1 - factor)) / 2, size * factor);
  const around = (instant) => { const width = Math.min(all / 12, 400); move(instant - width / 2, width); };
  const acts = {
    '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), 0: () => move(whole[0], all),
    ArrowLeft: () => move(from - size / 5), ArrowRight: () => move(from + size / 5),
  };
  root.addEventListener('keydown', (event) => {
    if (!(event.key in acts) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    acts[event.key]();
  });
  let grip = null;
  root.addEventListener('pointerdown', (event) => { grip = [event.clientX, from]; });
  root.addEventListener('pointermove', (event) => {
    if (!grip || !event.buttons) { grip = null; return; }
    const shown = (root.clientWidth * LANE.width) / (LANE.left + LANE.width);
    move(grip[1] - ((event.clientX - grip[0]) * size) / shown);
  });
  move(from);
  const button = (label, title, act) => {
    const node = el('button', { type: 'button', title }, label);
    node.addEventListener('click', act);
    return node;
  };
  return el('div', { class: 'bar screen' },
    button('+', 'zoom in', acts['+']), button('−', 'zoom out', acts['-']), button('all', 'show all', acts[0]),
    own ? button('its begin', 'zoom to where its operation began', () => around(own[OP.begin])) : null,
    own ? button('its end', 'zoom to where its operation ended', () => around(endOf(own))) : null);
}

/** What stands in a stretch of time. */
function drawing({ focus, own, lanes, hits, span: [low, high], height }) {
  const right = LANE.left + LANE.width;
  const x = (us) => LANE.left + ((us - low) / (high - low)) * LANE.width;
  const y = (writer) => LANE.top + lanes.indexOf(writer) * LANE.height;
  const seen = (from, to) => to >= low && from <= high;
  const across = (from, to) => {
    const [start, end] = [Math.max(x(from), LANE.left), Math.min(x(to), right)];
    return { x: start.toFixed(2), width: Math.max(end - start, 1.5).toFixed(2) };
  };
  const band = own && seen(own[OP.begin], endOf(own)) ? svg('rect', {
    class: 'focus-band', ...across(own[OP.begin], endOf(own)), y: LANE.top - 4, height: height - LANE.top - 2,
  }) : null;
  const runs = focus.hidden.filter(([, from, to]) => seen(from, to))
    .map(([writer, from, to, hidden]) => hiddenRun(across(from, to), y(writer) + LANE.height / 2, hidden));
  const bars = focus.operations.flatMap((op, index) => (seen(op[OP.begin], endOf(op))
    ? [drawOperation(op, index, y(op[OP.writer]), across, isAbout(focus, op))] : []));
  const joints = hits.filter(([from, to]) => seen(from, to)).map(([from, to, one, other]) => {
    const tops = [y(one[OP.writer]), y(other[OP.writer])].sort((a, b) => a - b);
    const tall = tops[1] - tops[0] + LANE.height - 8;
    return svg('rect', { class: 'collision', ...across(from, to), y: tops[0] + 4, height: tall, 'pointer-events': 'none' });
  });
  const axis = ticks(low, high, 6).map((at) => [
    svg('line', { x1: x(at), x2: x(at), y1: LANE.top - 4, y2: height - 6 }),
    svg('text', { x: Math.min(x(at), right - 18), y: 12, 'text-anchor': 'middle' }, duration(at))]);
  const all = [lanes.map((writer) => drawLane(writer, y(writer), own)), svg('g', { class: 'axis' }, axis), band,
    runs, bars, joints];
  return all.flat(2).filter(Boolean);
}

function drawLane(writer, top, own) {
  const weight = own && own[OP.writer] === writer ? 700 : 400;
  const name = { class: 'name', x: LANE.left - 8, y: top + 15, 'text-anchor': 'end', 'font-weight': weight };
  return [svg('rect', { class: 'lane', x: LANE.left, y: top + 1, width: LANE.width, height: LANE.height - 2 }),
    svg('text', name, `writer ${writer}`)];
}

/** A stretch in which a writer did more than is drawn. */
function hiddenRun({ x, width }, middle, hidden) {
  const [start, wide] = [Number(x), Number(width)];
  const label = `${plural(hidden, 'operation')} not drawn`;
  const line = svg('line', { class: 'hidden-run', x1: start, x2: start + wide, y1: middle, y2: middle });
  const place = { class: 'name', x: start + wide / 2, y: middle - 2, 'text-anchor': 'middle' };
  return svg('g', {}, line, wide > label.length * LETTER ? svg('text', place, label) : null);
}

function drawOperation(op, index, top, across, focused) {
  const end = endOf(op);
  const ink = colour(op[OP.writer]);
  const held = [op[OP.enter], op[OP.leave] >= 0 ? op[OP.leave] : end];
  const [from, to] = isGuarded(op) ? held : [op[OP.begin], end];
  const bar = (first, last, inset, looks) => svg('rect',
    { ...across(first, last), y: top + inset, height: LANE.height - 2 * inset, rx: 1, ...looks });
  const dashed = { fill: 'var(--card)', stroke: ink, 'stroke-width': 1.5, 'stroke-dasharray': '3 2' };
  return svg('g', { 'data-op': index }, svg('title', {}, operationText(op)),
    isGuarded(op) ? bar(op[OP.begin], end, 9, { fill: ink, opacity: 0.55 }) : null,
    bar(from, to, 5, op[OP.state] === 'absent' ? dashed : { fill: ink }),
    op[OP.state] === 'torn' ? bar(from, to, 5, { fill: 'url(#hatch)' }) : null,
    focused ? bar(op[OP.begin], end, 2, { class: 'ring' }) : null);
}
