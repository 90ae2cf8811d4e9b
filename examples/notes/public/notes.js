// The page of the notes application. It changes its list at once and takes the change back when the server refuses it.

const $ = (id) => document.getElementById(id);
const list = $('notes');
const state = { notes: [], total: 0, page: 1, pages: 1, query: '' };
let drafts = 0;

/** What the server said no to; `errors` holds messages by field. */
class Refused extends Error {
  constructor(message, status, errors = {}) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

async function api(method, path, fields, signal) {
  let answer;
  try {
    answer = await fetch(`/api/notes${path}`, {
      method,
      signal,
      headers: { Accept: 'application/json', ...(fields && { 'Content-Type': 'application/json' }) },
      body: fields && JSON.stringify(fields),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refused('The server cannot be reached.', 0);
  }
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw new Refused(said.detail || said.title || `The server answered with ${answer.status}.`, answer.status, said.errors);
}

// --- the list ---------------------------------------------------------------

function since(time) {
  const seconds = (Date.parse(time) - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, size, limit] of [['minute', 60, 3600], ['hour', 3600, 86400], ['day', 86400, 86400 * 7]]) {
    if (Math.abs(seconds) < 45) return 'just now';
    if (Math.abs(seconds) < limit) return words.format(Math.round(seconds / size), unit);
  }
  return new Date(time).toLocaleDateString('en', { dateStyle: 'medium' });
}

/** Puts text into an element with the searched words marked. */
function mark(element, text) {
  const words = state.query.trim();
  if (!words) {
    element.textContent = text;
    return;
  }
  const parts = text.split(new RegExp(`(${words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`, 'i'));
  element.replaceChildren(...parts.map((part, index) => {
    if (index % 2 === 0) return document.createTextNode(part);
    const found = document.createElement('mark');
    found.textContent = part;
    return found;
  }));
}

function card(note) {
  const item = $('note-template').content.firstElementChild.cloneNode(true);
  item.dataset.id = note.id;
  item.style.setProperty('--tint', typeof note.id === 'number' ? (note.id * 47 + 258) % 360 : 258);
  item.classList.toggle('pending', Boolean(note.pending));
  mark(item.querySelector('.open'), note.title);
  mark(item.querySelector('.text'), note.body);
  const time = item.querySelector('time');
  time.dateTime = note.updatedAt;
  time.textContent = note.pending ? 'saving …' : since(note.updatedAt);
  time.title = new Date(note.updatedAt).toLocaleString();
  const page = item.querySelector('.page');
  page.href = `/notes/${note.id}`;
  page.setAttribute('aria-label', `Open ${note.title} as a page`);
  item.querySelector('.edit').setAttribute('aria-label', `Edit ${note.title}`);
  item.querySelector('.delete').setAttribute('aria-label', `Delete ${note.title}`);
  for (const control of item.querySelectorAll('button')) control.disabled = Boolean(note.pending);
  return item;
}

function show() {
  const focused = document.activeElement?.closest?.('.note')?.dataset.id;
  const known = new Set([...list.children].map((item) => item.dataset.id));
  list.replaceChildren(...state.notes.map(card));
  for (const item of list.children) {
    if (known.has(item.dataset.id)) item.style.animation = 'none';
  }
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"] .open`)?.focus();
  list.setAttribute('aria-busy', 'false');
  const none = state.notes.length === 0;
  $('empty').hidden = !none;
  $('empty-title').textContent = state.query ? 'Nothing found' : 'No notes yet';
  $('empty-text').textContent = state.query
    ? `No note holds “${state.query}”.`
    : 'Write down the first thing that should not be forgotten.';
  const noun = state.total === 1 ? 'note' : 'notes';
  $('count').textContent = none ? '' : `${state.total} ${noun}${state.query ? ` with “${state.query}”` : ''}`;
  $('more').hidden = state.page >= state.pages;
}

let loading;

async function load(page = 1) {
  loading?.abort();
  loading = new AbortController();
  list.setAttribute('aria-busy', 'true');
  try {
    const found = await api('GET', `?q=${encodeURIComponent(state.query)}&page=${page}`, undefined, loading.signal);
    const known = page === 1 ? [] : state.notes;
    const ids = new Set(known.map((note) => note.id));
    state.notes = [...known, ...found.items.filter((note) => !ids.has(note.id))];
    Object.assign(state, { total: found.total, page: found.page, pages: found.pages });
    show();
  } catch (error) {
    if (error.name === 'AbortError') return;
    list.setAttribute('aria-busy', 'false');
    toast(`The notes cannot be loaded: ${error.message}`, { wrong: true, action: 'Try again', run: () => load(page) });
  }
}

/** Does `change` to the list at once; undoes it and throws when `request` is refused. */
async function optimistically(change, request) {
  const before = { notes: state.notes, total: state.total };
  change();
  show();
  try {
    return await request();
  } catch (error) {
    Object.assign(state, before);
    show();
    throw error;
  }
}

const replace = (id, note) => { state.notes = state.notes.map((old) => (old.id === id ? note : old)); };

async function create(fields) {
  const now = new Date().toISOString();
  const draft = { ...fields, id: `draft-${++drafts}`, createdAt: now, updatedAt: now, pending: true };
  const note = await optimistically(
    () => { state.notes = [draft, ...state.notes]; state.total++; },
    () => api('POST', '', fields),
  );
  replace(draft.id, note);
  show();
  return note;
}

async function update(id, fields) {
  const old = state.notes.find((note) => note.id === id);
  const note = await optimistically(
    () => replace(id, { ...old, ...fields, pending: true }),
    () => api('PUT', `/${id}`, fields),
  );
  state.notes = [note, ...state.notes.filter((other) => other.id !== id)];
  show();
}

async function remove(id) {
  const note = state.notes.find((other) => other.id === id);
  const place = state.notes.indexOf(note);
  try {
    await optimistically(
      () => { state.notes = state.notes.filter((other) => other.id !== id); state.total--; },
      () => api('DELETE', `/${id}`),
    );
    toast(`Deleted “${note.title}”`, {
      action: 'Undo',
      run: () => create({ title: note.title, body: note.body }).catch((error) => toast(error.message, { wrong: true })),
    });
    (list.children[Math.min(place, list.children.length - 1)]?.querySelector('.open') ?? $('new')).focus();
  } catch (error) {
    if (error.status === 404) {
      toast(`“${note.title}” was already gone.`);
      load();
      return;
    }
    toast(`“${note.title}” is not deleted: ${error.message}`, { wrong: true });
  }
}

// --- the editor -------------------------------------------------------------

const editor = $('editor');
const fields = ['title', 'body'];
let editing = null;
let opener = null;

function clearErrors() {
  $('editor-problem').hidden = true;
  for (const name of fields) {
    $(name).removeAttribute('aria-invalid');
    $(`${name}-error`).textContent = '';
  }
}

function edit(note) {
  editing = note?.id ?? null;
  opener = document.activeElement;
  clearErrors();
  $('editor-title').textContent = note ? 'Edit note' : 'New note';
  for (const name of fields) $(name).value = note?.[name] ?? '';
  editor.showModal();
  $('title').focus();
}

/** Shows why the server refused, with what was typed still there. */
function explain(error) {
  clearErrors();
  let first = null;
  for (const name of fields) {
    const messages = error.errors?.[name];
    if (!messages) continue;
    $(name).setAttribute('aria-invalid', 'true');
    $(`${name}-error`).textContent = `${$(name).labels[0].textContent} ${messages.join(', ')}`;
    first ??= $(name);
  }
  if (!first) {
    $('editor-problem').textContent = error.message;
    $('editor-problem').hidden = false;
  }
  if (!editor.open) editor.showModal();
  (first ?? $('save')).focus();
}

$('editor-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const wanted = Object.fromEntries(fields.map((name) => [name, $(name).value]));
  const id = editing;
  editor.close();
  try {
    await (id === null ? create(wanted) : update(id, wanted));
  } catch (error) {
    // Another note may be open by now: then a message is all there is room for.
    if (editor.open) toast(`“${wanted.title}” is not saved: ${error.message}`, { wrong: true });
    else {
      editing = id;
      explain(error);
    }
  }
});
editor.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('editor-form').requestSubmit();
});
editor.addEventListener('close', () => opener?.isConnected && opener.focus());
$('cancel').addEventListener('click', () => editor.close());

// --- messages ---------------------------------------------------------------

function toast(text, { wrong = false, action, run } = {}) {
  const box = document.createElement('div');
  box.className = wrong ? 'toast wrong' : 'toast';
  const words = document.createElement('p');
  words.textContent = text;
  box.append(words);
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = action ?? 'Close';
  button.addEventListener('click', () => { box.remove(); run?.(); });
  box.append(button);
  $('toasts').append(box);
  while ($('toasts').children.length > 3) $('toasts').firstElementChild.remove();
  setTimeout(() => box.remove(), wrong ? 12000 : 6000);
}

// --- what the user does -----------------------------------------------------

list.addEventListener('click', (event) => {
  const item = event.target.closest('.note');
  const note = state.notes.find((other) => String(other.id) === item?.dataset.id);
  if (!note || note.pending) return;
  if (event.target.closest('.delete')) remove(note.id);
  else if (event.target.closest('.open, .edit')) edit(note);
});
$('new').addEventListener('click', () => edit(null));
$('more').addEventListener('click', () => load(state.page + 1));

let typing;
$('search').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(search, 180);
});
$('search-form').addEventListener('submit', (event) => { event.preventDefault(); search(); });

function search() {
  clearTimeout(typing);
  state.query = $('search').value.trim();
  history.replaceState(null, '', state.query ? `?q=${encodeURIComponent(state.query)}` : location.pathname);
  load();
}

document.addEventListener('keydown', (event) => {
  const writing = event.target.closest('input, textarea, dialog');
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') { event.preventDefault(); $('search').focus(); }
  if (event.key === 'n') { event.preventDefault(); edit(null); }
});

state.query = new URLSearchParams(location.search).get('q') ?? '';
$('search').value = state.query;
load();

// --- what others do ---------------------------------------------------------

const live = new EventSource('/live');
live.addEventListener('changed', () => {
  // Not while something of ours is under way, or beyond the first page: its answer comes with the next look.
  const isBusy = state.notes.some((note) => note.pending) || state.page > 1 || list.getAttribute('aria-busy') === 'true';
  if (!isBusy) load();
});
addEventListener('pagehide', () => live.close());
