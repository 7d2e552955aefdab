// At the narrowest and the widest page that is promised, nothing is cut off and nothing lies beside the page.
import assert from 'node:assert/strict';

const WIDTHS = [400, 1600];

/**
 * Grafana's own parts that cut text by design, each with where the whole text is:
 * Monaco scrolls long lines; a cell of a table ends in dots, the table scrolls and a cell can be inspected; of the legend and the
 * axes, the chart's tooltip has all; the time picker has its range in a tooltip; a field of a form scrolls what was typed into it.
 */
const GRAFANAS = [
  '.monaco-editor',
  '[role="table"] [role="cell"], [role="grid"] [role="gridcell"], [role="row"] [role="columnheader"]',
  '.u-legend, .u-axis, [class*="LegendLabel"]',
  '[data-testid="data-testid TimePicker Open Button"]',
].join(', ');

/** Runs in the page: what is cut off, and what makes the page scroll sideways. */
function faultsOfPage(grafanas) {
  const page = document.documentElement;
  const found =
    page.scrollWidth > page.clientWidth ? [`the page is ${page.scrollWidth} wide and not ${page.clientWidth}`] : [];
  const brush = document.createElement('canvas').getContext('2d');
  const describe = (element, text) => `${element.tagName.toLowerCase()} "${text.trim().slice(0, 60)}"`;
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && element.clientWidth > 1;
  for (const element of document.querySelectorAll('body *')) {
    if (!isShown(element) || element.closest(grafanas)) {
      continue;
    }
    const style = getComputedStyle(element);
    if (element.matches('input, textarea')) {
      // What was typed scrolls; what stands there before has to fit.
      const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      brush.font = style.font;
      if (!element.value && brush.measureText(element.placeholder).width > room + 1) {
        found.push(`${describe(element, element.placeholder)} is cut: it has ${Math.floor(room)}`);
      }
    } else if (hasText(element)) {
      const isCut = /hidden|clip/.test(style.overflowX) || style.textOverflow === 'ellipsis';
      if (isCut && element.scrollWidth > element.clientWidth + 1) {
        found.push(`${describe(element, element.innerText)} is cut: ${element.scrollWidth} in ${element.clientWidth}`);
      } else if (isBeside(element)) {
        found.push(`${describe(element, element.innerText)} lies beside the page`);
      }
    }
  }
  return found;

  /** Whether text lies where no scrolling reaches it. */
  function isBeside(element) {
    const { left, right, width } = element.getBoundingClientRect();
    if (width === 0 || (left >= -1 && right <= page.clientWidth + 1)) {
      return false;
    }
    for (let around = element.parentElement; around; around = around.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(around).overflowX)) {
        return false;
      }
    }
    return true;
  }
}

/** Fails for whatever is cut off, and where the page scrolls sideways. Leaves the page at the last of the widths. */
export async function fits(page) {
  const found = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await settled(page);
    found.push(...(await page.evaluate(faultsOfPage, GRAFANAS)).map((fault) => `at ${width} px ${fault}`));
  }
  assert.deepEqual(found, []);
}

/** Charts draw themselves again a moment after the page has another width: waits until it stays as it is. */
async function settled(page) {
  const size = () =>
    page.evaluate(() => `${document.documentElement.scrollWidth} ${document.documentElement.scrollHeight}`);
  let before = '';
  for (let now = await size(); now !== before; now = await size()) {
    before = now;
    await page.waitForTimeout(300);
  }
}
