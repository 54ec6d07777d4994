// Additions to a page of the server that need a script: the reader's own address, language and zone, buttons that copy, and
// groups that fold. Done to a fetched page before it is shown, so that what stays the same is left alone.

import { exact, isEnglish, localNumbers, setText } from './format.js';
import * as history from './history.js';
import { fillCommand } from './notify.js';

const collapsed = new Set();

// As a shell takes it for one word.
const quoted = text => /^[\w%+,./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function fillAddress(page, root) {
  const address = new URL(root, location.href).href.replace(/\/$/, '');
  for (const span of page.querySelectorAll('[data-base]')) {
    const command = /^(sbatch|vacancy|curl)/.test(span.parentNode.textContent);
    const url = address + span.dataset.base;  // what follows it there
    setText(span, command ? quoted(url) : url);
  }
}

function localise(page) {
  for (const time of page.querySelectorAll('dd time')) {
    time.title = time.dateTime;
    setText(time, exact(Date.parse(time.dateTime)));
  }
  if (isEnglish) return;
  for (const part of page.querySelectorAll('[data-count], .capacity span, td.number, .group span')) {
    setText(part, localNumbers(part.textContent));
  }
}

const button = (page, className, textContent) => Object.assign(page.createElement('button'), { type: 'button', className, textContent });

function addCopyButtons(page) {
  for (const pre of page.querySelectorAll('.profile main pre')) {
    if (!pre.nextElementSibling?.matches('.copy')) pre.after(button(page, 'copy', 'Copy'));
  }
}

const providerOf = group => group.querySelector('a').textContent;

function foldGroups(page) {
  let hidden = false;
  for (const tr of page.querySelectorAll('#rows > tr')) {
    if (!tr.matches('.group')) {
      tr.hidden = hidden;
      continue;
    }
    const head = tr.firstElementChild;
    const twist = head.querySelector('.twist') ?? button(page, 'twist', '');
    if (!twist.isConnected) head.prepend(twist);
    hidden = collapsed.has(providerOf(tr));
    twist.setAttribute('aria-expanded', String(!hidden));
    twist.setAttribute('aria-label', `Rows of ${providerOf(tr)}`);
  }
}

export function dress(page, root) {
  history.keep(page);
  fillAddress(page, root);
  fillCommand(page);
  localise(page);
  addCopyButtons(page);
  foldGroups(page);
}

// Where a page is not served over TLS, browsers have no clipboard for scripts.
async function copy(pre) {
  if (navigator.clipboard) return navigator.clipboard.writeText(pre.textContent);
  getSelection().selectAllChildren(pre);
  if (!document.execCommand('copy')) throw new Error('not allowed');
}

document.addEventListener('click', async ({ target }) => {
  const clicked = target.closest('.copy, .twist');
  if (clicked?.matches('.copy')) {
    const said = await copy(clicked.previousElementSibling).then(() => 'Copied', () => 'Select it to copy');
    clicked.textContent = said;
    document.getElementById('said').textContent = said;
    setTimeout(() => setText(clicked, 'Copy'), 2_000);
  } else if (clicked) {
    const provider = providerOf(clicked.closest('tr'));
    if (!collapsed.delete(provider)) collapsed.add(provider);
    foldGroups(document);
  } else if (!getSelection().toString()) {
    target.closest('td.note')?.classList.toggle('whole');
  }
});
