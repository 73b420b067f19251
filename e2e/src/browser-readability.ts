/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Page } from 'playwright-core';

/** Smallest height of what a finger has to hit, in CSS pixels (WCAG 2.5.8 asks for 24). */
const TARGET_PX = 40;
const TEXT_PX = 13;
/** WCAG 1.4.3, level AA, for text of ordinary size. */
const CONTRAST = 4.5;

/** What keeps people from reading or using the page as it is laid out now; needs scripts in the page. */
export function unreadable(page: Page): Promise<string[]> {
  return page.evaluate(findUnreadable, {
    targetPx: TARGET_PX,
    textPx: TEXT_PX,
    contrast: CONTRAST,
  });
}

interface Limits {
  readonly targetPx: number;
  readonly textPx: number;
  readonly contrast: number;
}

/** Runs in the page: nothing outside of it may be named. */
function findUnreadable(limits: Limits): string[] {
  const root = document.documentElement;
  const found: string[] = [];
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (canvas === null) throw new Error('no canvas');

  /** Luminance of colours painted over each other, as WCAG defines it. */
  const luminance = (colours: readonly string[]): number => {
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
      const part = byte / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgrounds = (element: Element | null): string[] =>
    element === null
      ? ['Canvas']
      : [...backgrounds(element.parentElement), getComputedStyle(element).backgroundColor];

  const contrastOf = (element: Element): number => {
    const behind = backgrounds(element);
    const [dark = 0, light = 0] = [
      luminance(behind),
      luminance([...behind, getComputedStyle(element).color]),
    ].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const checkText = (element: Element, text: string): void => {
    const { fontSize } = getComputedStyle(element);
    if (parseFloat(fontSize) < limits.textPx) found.push(`"${text}" is ${fontSize} high`);
    const contrast = contrastOf(element);
    if (contrast < limits.contrast) found.push(`"${text}" has contrast ${contrast.toFixed(2)}`);
  };

  if (root.scrollWidth > root.clientWidth) {
    found.push(`scrolls sideways: ${root.scrollWidth} px in ${root.clientWidth} px`);
  }
  for (const element of document.querySelectorAll('button, input[type=text], label.person')) {
    const { height } = element.getBoundingClientRect();
    if (height < limits.targetPx) found.push(`${element.outerHTML} is ${height} px high`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent?.trim() ?? '';
    if (element !== null && text !== '') checkText(element, text);
  }
  return found;
}
