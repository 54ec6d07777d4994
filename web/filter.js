// The filters: the view lives in the URL, so that it can be shared, and the server finds the rows.

const TYPING = 250;

let typing;

function urlOf(form) {
  const wanted = [...new FormData(form)].filter(([, value]) => value);
  return wanted.length ? `/?${new URLSearchParams(wanted)}` : '/';
}

// The form as the URL has it, after the reader went back or forth.
function fill(form) {
  const wanted = new URLSearchParams(location.search);
  for (const input of form.elements) {
    if (input.type === 'checkbox') {
      input.checked = wanted.getAll(input.name).some(list => list.split(',').includes(input.value));
    } else if (input.matches('select, [type="search"]')) {
      input.value = wanted.get(input.name) ?? '';
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
    show();
  }

  const formOf = ({ target }) => target.closest?.('#filter');

  document.addEventListener('input', event => {
    const form = formOf(event);
    if (!form || event.target.type !== 'search') return;
    clearTimeout(typing);
    typing = setTimeout(() => go(form, 'replaceState'), TYPING);
  });
  document.addEventListener('change', event => {
    const form = formOf(event);
    if (form && event.target.type !== 'search') go(form, 'pushState');
  });
  document.addEventListener('submit', event => {
    const form = formOf(event);
    if (!form) return;
    event.preventDefault();
    go(form, 'pushState');
  });
  addEventListener('popstate', () => {
    const form = document.getElementById('filter');
    if (form) fill(form);
    show();
  });
}
