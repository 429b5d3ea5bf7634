// One of the app's own pages, as the portal opens it for an operator: in a slider over its page.

import { CLIENT_ID } from './life.mjs';
import { until } from './until.mjs';

export class AppPage {
  /** Errors of the console, of every frame: also what a content security policy refuses. */
  complaints = [];
  /** What the host has answered to this page, as texts. */
  answers = [];

  /** Opens an address of the portal in a tab of its own. `user` signs in as somebody else. */
  static async open(context, stack, path, { user } = {}) {
    const it = new AppPage();
    it.tab = await context.newPage();
    it.tab.on('console', (message) => message.type() === 'error' && it.complaints.push(message.text()));
    it.tab.on('pageerror', (error) => it.complaints.push(error.message));
    it.tab.on('response', (response) => {
      if (response.url().includes('/settings/')) it.answers.push(response.text().catch((error) => error.message));
    });
    const url = new URL(path, stack.simulator.url);
    if (user) url.searchParams.set('user', user);
    await it.tab.goto(url.href);
    return it;
  }

  /** The page behind the app's tile in the contact centre. */
  static async contactCentre(context, stack, options) {
    const it = await AppPage.open(context, stack, '/contact_center/', options);
    await it.tab.locator('[data-tile]').click({ timeout: 15_000 });
    await it.page.locator('h1:not(:empty)').waitFor({ timeout: 15_000 });
    return it;
  }

  /** The page behind a link with these params. */
  static async link(context, stack, params) {
    const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [`params[${name}]`, value]));
    const it = await AppPage.open(context, stack, `/marketplace/view/${CLIENT_ID}/?${query}`);
    await it.page.locator('h1:not(:empty)').waitFor({ timeout: 15_000 });
    return it;
  }

  /** The app's page in the slider. */
  get page() {
    return this.tab.frameLocator('.slider iframe.app-frame');
  }

  /** Until an element of the page says this. */
  says(selector, pattern) {
    return until(
      async () => {
        const text = await this.page.locator(selector).first().innerText({ timeout: 2000 });
        if (pattern.test(text)) return text;
        throw new Error(`it says ${JSON.stringify(text)}`);
      },
      { what: `${selector} to say ${pattern}` },
    );
  }

  /** How far the page sticks out of its frame to the side, in pixels. */
  sticksOut() {
    return this.page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
  }

  /** Whether each box of the page lies within the one it stands in; gives those that do not. */
  spilled() {
    return this.page.locator('main').evaluate((main) => {
      const edge = (element) => element.closest('section')?.getBoundingClientRect();
      return [...main.querySelectorAll('section *')]
        .filter((it) => it.getClientRects().length && it.getBoundingClientRect().right > edge(it).right + 1)
        .map((it) => it.outerHTML.slice(0, 80));
    });
  }

  close() {
    return this.tab.close();
  }
}
