// Line icons, drawn for this page: 24 by 24, stroked with the text's colour.

const PATHS = {
  answer: 'M6.5 4h3l1.5 4.5-2 1.4a11 11 0 0 0 5.1 5.1l1.4-2L20 14.5v3A2.5 2.5 0 0 1 17.500 20 13.500 13.500 0 0 1 4 6.500 2.500 2.500 0 0 1 6.500 4z',
  hangup: 'M3 14.500c0-1 .3-1.900 1-2.500 4.600-3.700 11.400-3.700 16 0 .7.6 1 1.500 1 2.500v1.500l-4.500-.5-.7-2.700a11 11 0 0 0-7.600 0l-.7 2.700-4.500.5z',
  mute: 'M9 10V6a3 3 0 0 1 6 0v5a3 3 0 0 1-.6 1.800M12 14a3 3 0 0 1-3-3M6 11a6 6 0 0 0 9.500 4.900M18 11a6 6 0 0 1-.4 2.200M12 17.500V21M4 4l16 16',
  hold: 'M9 5v14M15 5v14',
  transfer: 'M4 8h14m0 0-4-4m4 4-4 4M20 16H6m0 0 4-4m-4 4 4 4',
  dialpad: 'M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01',
  quality: 'M5 19v-4M10 19v-8M15 19V8M20 19V4',
  fold: 'M5 17h14M8 8l4 4 4-4',
  unfold: 'M8 14l4-4 4 4M5 6h14',
  close: 'M6 6l12 12M18 6 6 18',
  comment: 'M5 5h14v11h-8l-4 3.500V16H5z',
  cancel: 'M9 8 5 12l4 4M5 12h9a5 5 0 0 1 5 5',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  bell: 'M6 16v-5a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500h4',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20a7.500 7.500 0 0 1 15 0',
  deal: 'M4 7h16v12H4zM9 7V5h6v2M4 12h16',
  building: 'M5 20V5h9v15M14 10h5v10M3 20h18M8 9h3M8 13h3',
  chart: 'M4 20h16M7 16v-4M12 16V7M17 16v-6',
  calendar: 'M5 6h14v14H5zM5 10h14M9 4v4M15 4v4',
  search: 'M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM20 20l-4.700-4.700',
  mail: 'M4 6h16v12H4zM4 7l8 6 8-6',
  clock: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.500l3 1.500',
  grid: 'M5 5h5v5H5zM14 5h5v5h-5zM5 14h5v5H5zM14 14h5v5h-5z',
  task: 'M5 5h14v14H5zM8.500 12l2.500 2.500 4.500-5',
  gear: 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200M16.200 16.200l2.200 2.200M18.400 5.600l-2.200 2.200M7.800 16.200l-2.200 2.200',
};

/** An icon element. */
export function icon(name, size = 20) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('width', size);
  svg.setAttribute('height', size);
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name] ?? PATHS.grid);
  svg.append(path);
  return svg;
}
