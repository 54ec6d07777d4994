// The filters: the view lives in the URL, so that it can be shared, and the server finds the rows.

const TYPING = 250;
const LINKS = '#summary a, #filter a, #view :is(thead, nav, .blank, .group) a';

let typing;

// Columns are named only when others than the usual are wanted. Filters without a field, such as labels, stay as the URL has them.
function wantedOf(form) {
  const wanted = new URLSearchParams();
  const given = new FormData(form);
  const fields = new Set([...form.elements].filter(({ name, type }) => name && type !== 'hidden').map(({ name }) => name));
  for (const name of fields) {
    const values = given.getAll(name).filter(Boolean);
    const all = name === 'columns' && [...form.elements[name]].every(box => box.checked === ('usual' in box.dataset));
    if (name === 'columns' && !all) wanted.set(name, values.join(',') || 'name');
    else if (values.length && !all) wanted.set(name, values.join(','));
  }
  for (const [name, value] of new URLSearchParams(location.search)) {
    const kept = value || name.startsWith('label.');
    if (kept && name !== 'offset' && !fields.has(name)) wanted.append(name, value);
  }
  return wanted;
}

function urlOf(form) {
  const wanted = String(wantedOf(form)).replaceAll('%2C', ',');
  return wanted ? `${location.pathname}?${wanted}` : location.pathname;
}

// How many filters a phone folds away, and how many of them are bounds.
function showActive(wanted) {
  const names = [...new Set(wanted.keys())];
  const text = count => count ? ` · ${count}` : '';
  const filters = names.filter(name => !['q', 'sort', 'group', 'columns', 'wall', 'limit', 'offset'].includes(name));
  document.getElementById('fold').dataset.active = text(filters.length);
  document.getElementById('bounded').textContent = text(filters.filter(name => /^(min|max)_/.test(name)).length);
}

// The form as the URL has it, after the reader went back or forth or followed a link.
function fill(form) {
  const wanted = new URLSearchParams(location.search);
  showActive(wanted);
  for (const input of form.elements) {
    if (input.type === 'checkbox' && input.name) {
      const usual = input.name === 'columns' && !wanted.has('columns') && 'usual' in input.dataset;
      input.checked = usual || wanted.getAll(input.name).some(list => list.split(',').includes(input.value));
    } else if (input.matches('select, [type="search"], [type="number"]')) {
      input.value = wanted.get(input.name) ?? '';
      // A choice that the form does not offer by itself.
      if (input.matches('select') && input.selectedIndex < 0) input.add(new Option(wanted.get(input.name), wanted.get(input.name), true, true));
    }
  }
}

// show() is called when the URL names another view.
export function follow(show) {
  function go(form, write) {
    clearTimeout(typing);
    const url = urlOf(form);
    if (url === location.pathname + location.search) return;
    history[write](null, '', url);
    showActive(wantedOf(form));
    show();
  }

  const formOf = ({ target }) => target.closest?.('#filter');

  document.addEventListener('input', event => {
    const form = formOf(event);
    if (!form || !event.target.matches('[type="search"], [type="number"]')) return;
    clearTimeout(typing);
    typing = setTimeout(() => go(form, 'replaceState'), TYPING);
  });
  document.addEventListener('change', event => {
    const form = formOf(event);
    if (form && event.target.name && !event.target.matches('[type="search"], [type="number"]')) go(form, 'pushState');
  });
  document.addEventListener('submit', event => {
    const form = formOf(event);
    if (!form) return;
    event.preventDefault();
    go(form, 'pushState');
  });
  const closeMore = () => document.querySelector('#filter details')?.removeAttribute('open');
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && closeMore());
  document.addEventListener('click', ({ target }) => target.closest?.('#filter details') || closeMore());
  // Links within the list need no new page, and keep the focus.
  document.addEventListener('click', event => {
    const link = event.target.closest?.(LINKS);
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented) return;
    const url = new URL(link.href);
    if (url.origin + url.pathname !== location.origin + location.pathname) return;
    const form = document.getElementById('filter');
    if (!form) return;
    event.preventDefault();
    if (url.search !== location.search) history.pushState(null, '', url);
    fill(form);
    show();
    if (link.closest('nav')) document.getElementById('view').scrollIntoView({ block: 'start', behavior: 'instant' });
  });
  addEventListener('popstate', () => {
    const form = document.getElementById('filter');
    if (form) fill(form);
    show();
  });
}
