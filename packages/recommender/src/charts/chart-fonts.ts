import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

/** Packages that bring fonts, and where in them the faces lie. Their names stand whole, so that tools see what is used. */
const packages: readonly { readonly entry: () => string; readonly files: readonly string[] }[] = [
  { entry: () => require.resolve("@embedpdf/fonts-latin"), files: ["NotoSans-Regular.ttf", "NotoSans-Bold.ttf"] },
  { entry: () => require.resolve("@embedpdf/fonts-jp"), files: ["NotoSansJP-Regular.otf"] },
  { entry: () => require.resolve("@embedpdf/fonts-kr"), files: ["NotoSansKR-Regular.otf"] },
  { entry: () => require.resolve("@embedpdf/fonts-sc"), files: ["NotoSansHans-Regular.otf"] },
];

/** The font files of those packages that are installed. */
export function findChartFonts(): readonly string[] {
  return packages.flatMap(({ entry, files }) => {
    try {
      // The entry is in `dist`, the fonts lie beside it.
      const folder = join(entry(), "..", "..", "fonts");
      return files.map((file) => join(folder, file)).filter((path) => existsSync(path));
    } catch {
      // Not installed: its letters are drawn by whatever else there is.
      return [];
    }
  });
}
