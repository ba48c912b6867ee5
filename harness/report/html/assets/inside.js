// One case in detail: read from its embedded data when it is chosen, and only then.

const chooser = document.getElementById('choose');
const cases = [...document.querySelectorAll('script[type="application/json"]')];
const links = [...document.querySelectorAll('[data-case]')];

function inside(data) {
  const { view } = data;
  const facts = [
    ['strategy', data.strategy], ['writers', count(data.writers)],
    ['promises', data.promises.join(', ') || 'nothing'],
  ];
  const causes = Object.entries(data.causes).map(([cause, records]) => `${cause} (${plural(records, 'record')})`);
  if (causes.length) facts.push(['causes', causes.join(', ')]);
  return el('div', {},
    el('p', {}, data.description),
    el('p', {}, el('b', {}, `${data.verdict}: `), data.reasons.join('; ')),
    el('dl', { class: 'facts' }, facts.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
    view ? pictures(view) : el('p', { class: 'warn' }, withoutView(data)),
    anomalies(data), trials(data));
}

const pictures = (view) => [fileMap(view), timeline(view),
  el('div', { class: 'panel halves' }, progress(view), fate(view))];

const withoutView = (data) => (data.trials.length
  ? 'No view of this case was stored: it ran with an earlier version, or its trials could not be checked.'
  : 'No trial of this case was run.');

function anomalies(data) {
  if (!data.anomalies.length) return null;
  const rows = data.anomalies.map((one) => [
    one.kind,
    `${one.trial}`,
    one.writer === null ? '–' : `writer ${one.writer}, record ${count(one.seq)}`,
    one.offset === null ? '–' : `${one.file} at ${count(one.offset)}, ${count(one.length)} bytes`,
    one.others.join(', ') || '–',
    one.cause,
    el('code', {}, one.excerpt || '–'),
  ]);
  const heads = ['kind', 'trial', 'record', 'where', 'other writers', 'cause', 'bytes'];
  return el('details', { class: 'panel anomaly', open: '' }, el('summary', {}, 'First anomalies'),
    framed('first anomalies', heads, rows, ['', 'number', '', '', '', '', 'text']));
}

function trials(data) {
  if (!data.trials.length) return null;
  const heads = ['trial', 'seed', 'records', 'not intact', 'records/s', 'overlapped', 'start skew', 'fairness',
    'p50 / p99'];
  const notes = [...new Set(data.trials.flatMap((one) => one.notes || []))];
  return el('details', { class: 'panel' },
    el('summary', {}, `${plural(data.trials.length, 'trial')} one by one`),
    framed('trials', heads, data.trials.map(trialRow), heads.map(() => 'number')),
    notes.length ? el('ul', {}, notes.map((note) => el('li', {}, note))) : null);
}

function trialRow(one) {
  const named = [`${one.number}`, `${one.seed}`];
  if (one.error) return [...named, `not checked: ${one.error}`, ...Array(6).fill('–')];
  return [...named, count(one.attempted), count(one.not_intact), count(Math.round(one.records_per_second)),
    share(one.overlapped_share, 1), duration(one.start_skew_us), one.fairness.toFixed(3),
    `${duration(one.p50)} / ${duration(one.p99)}`];
}

/** Show a case, counted on from both ends; returns its number. */
function show(index) {
  const at = (index + cases.length) % cases.length;
  const data = JSON.parse(cases[at].textContent);
  chooser.value = at;
  document.getElementById('case').replaceChildren(inside(data));
  document.getElementById('inside-title').textContent = `Inside ${data.label}`;
  links.forEach((link) => link.closest('tr').classList.toggle('chosen', Number(link.dataset.case) === at));
  return at;
}

function start() {
  if (!cases.length) return;
  document.body.prepend(patterns());
  document.getElementById('inside').hidden = false;
  links.forEach((link, index) => chooser.append(el('option', { value: index }, link.textContent)));
  const unsafe = links.findIndex((link) => link.closest('tr').querySelector('.badge.unsafe'));
  let at = show(Math.max(0, unsafe));
  const go = (index) => { at = show(index); };
  chooser.addEventListener('change', () => go(Number(chooser.value)));
  document.getElementById('previous').addEventListener('click', () => go(at - 1));
  document.getElementById('next').addEventListener('click', () => go(at + 1));
  links.forEach((link) => link.addEventListener('click', () => go(Number(link.dataset.case))));
}

start();
