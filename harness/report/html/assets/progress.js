// Progress of each writer over time, and what became of its records by sequence number.

const CHART = { left: 92, right: 12, top: 8, bottom: 26, width: 560, height: 240 };

function progress(view) {
  return el('div', { class: 'panel halves' }, over(view), became(view));
}

function over(view) {
  const { at_us: times, writers } = view.progress;
  const highest = Math.max(1, ...writers.map((one) => one.acknowledged.at(-1)));
  const last = times.at(-1) || 1;
  const x = (us) => CHART.left + (us / last) * (CHART.width - CHART.left - CHART.right);
  const y = (value) => CHART.height - CHART.bottom - (value / highest) * (CHART.height - CHART.top - CHART.bottom);
  const axis = svg('g', { class: 'axis' },
    ticks(0, highest, 4).filter(Number.isInteger).map((value) => [svg('line', { x1: CHART.left, x2: CHART.width - CHART.right, y1: y(value), y2: y(value) }),
      svg('text', { x: CHART.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, count(value))]),
    ticks(0, last, 4).map((us) => svg('text', { x: Math.min(x(us), CHART.width - 24), y: CHART.height - 8, 'text-anchor': 'middle' }, duration(us))));
  const lines = writers.map((one) => svg('path', { class: 'line', stroke: colour(one.writer), opacity: writers.length > 32 ? 0.5 : 1,
    d: `M${one.acknowledged.map((value, index) => `${x(times[index]).toFixed(1)} ${y(value).toFixed(1)}`).join('L')}` }));
  const crosshair = svg('line', { class: 'crosshair', y1: CHART.top, y2: CHART.height - CHART.bottom, x1: -9, x2: -9 });
  const readout = el('p', { class: 'readout', 'aria-live': 'polite' }, 'Point at the plot, or move with the arrow keys, to read it.');
  const root = svg('svg', { class: 'map', viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: 'slider', tabindex: 0, 'aria-label': 'records acknowledged by each writer over time',
    'aria-valuemin': 0, 'aria-valuemax': times.length - 1, 'aria-valuenow': 0 }, axis, lines, crosshair);
  let at = 0;
  const read = (index) => {
    at = Math.min(Math.max(index, 0), times.length - 1);
    const values = writers.map((one) => [one.acknowledged[at], one.writer]).sort((a, b) => b[0] - a[0]);
    const total = values.reduce((sum, one) => sum + one[0], 0);
    const named = values.length <= 10 ? values : [...values.slice(0, 3), null, ...values.slice(-3)];
    const text = `after ${duration(times[at])}: ${plural(total, 'record')}; ${named.map((one) => (one ? `writer ${one[1]} ${count(one[0])}` : '…')).join(', ')}`;
    crosshair.setAttribute('x1', x(times[at]));
    crosshair.setAttribute('x2', x(times[at]));
    root.setAttribute('aria-valuenow', at);
    root.setAttribute('aria-valuetext', text);
    readout.textContent = text;
  };
  root.addEventListener('pointermove', (event) => {
    const box = root.getBoundingClientRect();
    const us = (((event.clientX - box.left) / box.width) * CHART.width - CHART.left) / (CHART.width - CHART.left - CHART.right);
    read(Math.round(us * (times.length - 1)));
  });
  root.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -at, End: times.length };
    if (event.key in steps) { event.preventDefault(); read(at + steps[event.key]); }
  });
  return el('div', {}, el('h3', {}, 'Progress of the writers'), el('p', { class: 'hint' }, 'Records acknowledged over time; a flat stretch is a writer that waits.'), root, readout,
    el('details', {}, el('summary', {}, 'As a table'), framed('records acknowledged', ['writer', 'half-way', 'in the end'],
      writers.map((one) => [`writer ${one.writer}`, count(one.acknowledged[Math.floor((times.length - 1) / 2)]), count(one.acknowledged.at(-1))]), ['', 'number', 'number'])));
}

/** At most so many rows: beyond, neighbouring writers share one. */
const MOST_LANES = 48;

function lanesOf(writers) {
  const size = Math.ceil(writers.length / MOST_LANES);
  if (size === 1) return writers.map((one) => ({ ...one, label: `writer ${one.writer}`, fill: colour(one.writer) }));
  const lanes = [];
  for (let first = 0; first < writers.length; first += size) {
    const group = writers.slice(first, first + size);
    const columns = ['attempted', 'whole', 'torn', 'absent'].map((name) => [name, group[0][name].map((_, bin) => sum(group.map((one) => one[name][bin])))]);
    lanes.push({ ...Object.fromEntries(columns), label: `writers ${group[0].writer}-${group.at(-1).writer}`, fill: 'var(--area)' });
  }
  return lanes;
}

/** Rows of writers, columns of sequence numbers: whole records filled, torn ones hatched, those that are gone left empty. */
function became(view) {
  const { bin_records: width, writers } = view.records;
  const head = [el('h3', {}, 'What became of the records')];
  if (!writers.length) return el('div', {}, head, el('p', {}, 'There were too many records to keep.'));
  const lanes = lanesOf(writers);
  const bins = writers[0].attempted.length;
  const tall = Math.max(5, Math.min(26, Math.floor(240 / lanes.length)));
  const wide = (CHART.width - CHART.left - CHART.right) / bins;
  const height = lanes.length * tall + 24;
  const root = svg('svg', { class: 'map', viewBox: `0 0 ${CHART.width} ${height}`, role: 'img', 'aria-label': `records of ${plural(writers.length, 'writer')} by sequence number: ${becameText(writers)}` });
  lanes.forEach((one, row) => {
    const top = row * tall;
    const gap = tall > 6 ? 1.5 : 0;
    if (tall >= 11 || row % Math.ceil(11 / tall) === 0) root.append(svg('text', { class: 'name', x: CHART.left - 6, y: top + Math.max(tall / 2 + 4, 8), 'text-anchor': 'end' }, one.label));
    one.attempted.forEach((attempted, bin) => {
      if (!attempted) return;
      const x = CHART.left + bin * wide;
      const full = tall - gap;
      const solid = (full * one.whole[bin]) / attempted;
      const torn = (full * one.torn[bin]) / attempted;
      const box = { x: x.toFixed(2), width: (wide + 0.15).toFixed(2) };
      if (solid) root.append(svg('rect', { ...box, y: (top + full - solid).toFixed(2), height: solid.toFixed(2), fill: one.fill }));
      const hatched = { ...box, y: (top + full - solid - torn).toFixed(2), height: torn.toFixed(2) };
      if (torn) root.append(svg('rect', { ...hatched, fill: one.fill }), svg('rect', { ...hatched, fill: 'url(#hatch)' }));
      root.append(svg('rect', { ...box, y: top, height: full, fill: 'transparent' }, svg('title', {},
        `${one.label}, records ${count(bin * width)} to ${count((bin + 1) * width - 1)}: ${count(one.whole[bin])} whole, ${count(one.torn[bin])} torn, ${count(one.absent[bin])} gone`)));
    });
    root.append(svg('rect', { x: CHART.left, y: top, width: wide * bins, height: tall - gap, fill: 'none', stroke: 'var(--line)' }));
  });
  root.append(svg('g', { class: 'axis' }, ticks(0, bins * width, 5).map((seq) => svg('text', { x: Math.min(CHART.left + (seq / width) * wide, CHART.width - 26), y: height - 6, 'text-anchor': 'middle' }, count(seq)))));
  return el('div', {}, head, el('p', { class: 'hint' }, `By sequence number: filled is whole in the file, hatched is torn, empty is gone${view.supersedes ? ', as versions that a later one replaced must' : ''}.`), root,
    el('details', {}, el('summary', {}, 'As a table'), framed('what became of the records', ['writer', 'attempted', 'whole', 'torn', 'acknowledged and gone'],
      writers.map((one) => [`writer ${one.writer}`, ...['attempted', 'whole', 'torn', 'absent'].map((name) => count(sum(one[name])))]), ['', 'number', 'number', 'number', 'number'])));
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const becameText = (writers) => ['whole', 'torn', 'absent'].map((name) => `${count(sum(writers.map((one) => sum(one[name]))))} ${name}`).join(', ');
