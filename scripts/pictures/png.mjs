// What becomes a picture: a page, or a part of it, that holds still; several on a sheet.

/** Nothing that moves or is pointed at, and no scrollbars. */
export async function still(page, { part = page, clip } = {}) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.addStyleTag({ content: '* { scrollbar-width: none !important }' });
  return part.screenshot({ animations: 'disabled', omitBackground: true, ...(clip && { clip }) });
}

const SHEET = `
  body { margin: 0; font: 600 15px/1.3 system-ui, sans-serif; color: #2a3550; }
  main { display: inline-grid; gap: 24px; padding: 24px; background: #d5dce8; }
  figure { margin: 0; }
  figcaption { padding: 0 0 8px 4px; }
  img { display: block; }`;

/**
 * Several pictures in one, each under its name.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {{ name: string, png: Buffer }[]} pictures
 * @param {{ columns: number }} options
 */
export async function sheet(browser, pictures, { columns }) {
  const figures = pictures.map(({ name, png }) => `
    <figure><figcaption>${name}</figcaption><img src="data:image/png;base64,${png.toString('base64')}"></figure>`);
  const page = await browser.newPage();
  await page.setContent(`<!doctype html><style>${SHEET} main { grid-template-columns: repeat(${columns}, auto) }</style><main>${figures.join('')}</main>`);
  const png = await page.locator('main').screenshot();
  await page.close();
  return png;
}
