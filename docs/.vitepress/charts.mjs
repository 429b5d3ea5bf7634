// The state charts of the documents, drawn when the site is built: Graphviz lays them out, so a page carries a picture and
// no program. Of mermaid's language they have `stateDiagram-v2` with names, arrows, their reasons, and notes.

import { instance } from '@viz-js/viz';

const viz = await instance();
/** Laid out for letters that are wider than those drawn: Graphviz knows no reader's font. style.css draws them at 13 and 11. */
const SIZE = { state: 15, reason: 13 };
/** How many characters of an arrow's reason stand in one line. */
const WIDTH = 26;

/** Where a chart begins and where it ends; a chart that does neither has neither. */
const POINTS = {
  begin: '{rank=source begin [shape=circle style=filled fillcolor=black label="" width=0.16 height=0.16 fixedsize=true]}',
  end: '{rank=sink end [shape=doublecircle style=filled fillcolor=black label="" width=0.12 height=0.12 fixedsize=true]}',
};

/** @param {string} text what stands between the fences */
export function chart(text) {
  const statements = [];
  const point = (name, other) => {
    if (name !== '[*]') return name;
    if (!statements.includes(POINTS[other])) statements.push(POINTS[other]);
    return other;
  };
  for (const line of text.split('\n').map((it) => it.trim()).filter(Boolean)) {
    const named = /^state "(.*)" as (\w+)$/.exec(line);
    const arrow = /^(\S+) --> (\S+?)(?: : (.*))?$/.exec(line);
    const note = /^note right of (\w+) : (.*)$/.exec(line);
    if (named) statements.push(`${named[2]} [label=${quoted(named[1])}]`);
    else if (arrow) statements.push(`${point(arrow[1], 'begin')} -> ${point(arrow[2], 'end')} [label=${quoted(wrapped(arrow[3] ?? ''))}]`);
    else if (note) statements.push(`note_${note[1]} [shape=note label=${quoted(wrapped(note[2]))}]; ${note[1]} -> note_${note[1]} [style=dashed dir=none]`);
    else if (line !== 'stateDiagram-v2') throw new Error(`a state chart says something that is not drawn: ${line}`);
  }
  const svg = viz.renderString(`digraph {
    bgcolor=transparent nodesep=0.45 ranksep=0.5
    node [shape=box style=rounded fontname=Helvetica fontsize=${SIZE.state} margin="0.14,0.08" height=0.4]
    edge [fontname=Helvetica fontsize=${SIZE.reason} arrowsize=0.7]
    ${statements.join('\n    ')}
  }`, { format: 'svg', engine: 'dot' });
  // Colours are the page's; of a point of its measures one is drawn as a pixel, so that letters have the size of style.css.
  const drawn = svg.slice(svg.indexOf('<svg')).replaceAll('"black"', '"currentColor"').replaceAll(/<title>[^<]*<\/title>/g, '')
    .replace(/width="(\d+)pt" height="(\d+)pt"/, 'width="$1" height="$2"');
  return `<figure class="chart" v-pre>${drawn}</figure>\n`;
}

const quoted = (text) => `"${text.replaceAll('"', '\\"')}"`;

function wrapped(text) {
  const lines = [''];
  for (const word of text.replace(/^"(.*)"$/, '$1').split(' ')) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= WIDTH) lines.push('');
    lines.push([lines.pop(), word].filter(Boolean).join(' '));
  }
  return lines.join('\\n');
}
