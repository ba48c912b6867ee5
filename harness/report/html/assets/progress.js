// Progress of each writer: records acknowledged over time.

const CHART = { left: 92, right: 548, top: 8, bottom: 214, width: 560, height: 240 };
const FADED_FROM = 32;
const NAMED = 10;

/** A scale from [0, highest] to two edges of the chart. */
const linear = (highest, from, to) => (value) => from + (value / (highest || 1)) * (to - from);

function progress(view) {
  const { at_us: times, writers } = view.progress;
  const highest = Math.max(1, ...writers.map((one) => one.acknowledged.at(-1)));
  const x = linear(times.at(-1), CHART.left, CHART.right);
  const y = linear(highest, CHART.bottom, CHART.top);
  const crosshair = svg('line', { class: 'crosshair', y1: CHART.top, y2: CHART.bottom, x1: -9, x2: -9 });
  const readout = el('p', { class: 'readout', 'aria-live': 'polite' },
    'Point at the plot, or move with the arrow keys, to read it.');
  const root = svg('svg', {
    class: 'map', viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: 'slider', tabindex: 0,
    'aria-label': 'records acknowledged by each writer over time',
    'aria-valuemin': 0, 'aria-valuemax': times.length - 1, 'aria-valuenow': 0,
  }, progressAxes(highest, times.at(-1), x, y), progressLines(times, writers, x, y), crosshair);
  readable(root, times, (index) => {
    const text = progressText(times[index], writers.map((one) => [one.writer, one.acknowledged[index]]));
    crosshair.setAttribute('x1', x(times[index]));
    crosshair.setAttribute('x2', x(times[index]));
    root.setAttribute('aria-valuenow', index);
    root.setAttribute('aria-valuetext', text);
    readout.textContent = text;
  });
  return el('div', {},
    el('h3', {}, 'Progress of the writers'),
    el('p', { class: 'hint' }, 'Records acknowledged over time; a flat stretch is a writer that waits.'),
    root, readout, progressTable(times, writers));
}

function progressAxes(highest, last, x, y) {
  const across = ticks(0, highest, 4).filter(Number.isInteger).map((value) => [
    svg('line', { x1: CHART.left, x2: CHART.right, y1: y(value), y2: y(value) }),
    svg('text', { x: CHART.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, count(value)),
  ]);
  const along = ticks(0, last || 1, 4).map((us) => svg('text',
    { x: Math.min(x(us), CHART.width - 24), y: CHART.height - 8, 'text-anchor': 'middle' }, duration(us)));
  return svg('g', { class: 'axis' }, across, along);
}

function progressLines(times, writers, x, y) {
  const opacity = writers.length > FADED_FROM ? 0.5 : 1;
  const point = (value, index) => `${x(times[index]).toFixed(1)} ${y(value).toFixed(1)}`;
  return writers.map((one) => svg('path',
    { class: 'line', stroke: colour(one.writer), opacity, d: `M${one.acknowledged.map(point).join('L')}` }));
}

/** Pointing and arrow keys choose an instant. */
function readable(root, times, read) {
  let at = 0;
  const choose = (index) => { at = Math.min(Math.max(index, 0), times.length - 1); read(at); };
  root.addEventListener('pointermove', (event) => {
    const box = root.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * CHART.width;
    choose(Math.round(((place - CHART.left) / (CHART.right - CHART.left)) * (times.length - 1)));
  });
  root.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -at, End: times.length };
    if (!(event.key in steps)) return;
    event.preventDefault();
    choose(at + steps[event.key]);
  });
}

/** What all writers had done at an instant; of many, the first and the last ones. */
function progressText(us, values) {
  const order = [...values].sort((a, b) => b[1] - a[1]);
  const named = order.length <= NAMED ? order : [...order.slice(0, 3), null, ...order.slice(-3)];
  const listed = named.map((one) => (one ? `writer ${one[0]} ${count(one[1])}` : '…')).join(', ');
  return `after ${duration(us)}: ${plural(sum(values.map((one) => one[1])), 'record')}; ${listed}`;
}

function progressTable(times, writers) {
  const half = Math.floor((times.length - 1) / 2);
  const rows = writers.map((one) => [
    `writer ${one.writer}`, count(one.acknowledged[half]), count(one.acknowledged.at(-1))]);
  return el('details', {}, el('summary', {}, 'As a table'),
    framed('records acknowledged', ['writer', 'half-way', 'in the end'], rows, ['', 'number', 'number']));
}
