/** Correctness and the house rules that a compiler cannot see; how the code looks is Prettier's affair. */
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const environmentReaders = [
  "bench/**",
  "chaos/**",
  "lib/config.ts",
  "next.config.js",
  "playwright.config.ts",
  "prisma.config.ts",
  "prisma/migrate.ts",
  "vitest.config.ts",
  "scripts/**",
  "simulator/**",
  "e2e/**",
  "**/*.test.{ts,tsx}",
];

/** Next finds these by their default export, and tools find theirs. */
const defaultExporters = [
  "app/**/{page,layout,error,global-error,loading,not-found,template,default}.tsx",
  "app/**/{robots,sitemap,manifest}.ts",
  "proxy.ts",
  "*.config.{js,ts}",
  "scripts/test-services.ts",
  "e2e/support/start-product.ts",
];

const noDefaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Exports are named; default exports only where Next demands them.",
};
const noEnum = { selector: "TSEnumDeclaration", message: "Use a union of strings." };

export default defineConfig(
  globalIgnores([
    ".next/",
    ".data/",
    ".test-data/",
    "prisma/generated/",
    "next-env.d.ts",
    "test-results/",
    "playwright-report/",
  ]),
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "type"],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // Numbers read well in a sentence; it is objects that must not end up as [object Object].
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // env["NAME"] is how a name is written that may be absent.
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      // A text that is there and empty is as good as none.
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: true }],
      // What was caught may be thrown on as it is.
      "@typescript-eslint/only-throw-error": ["error", { allowRethrowing: true }],
      "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingUnknown: true }],
      // Code points are what most of our text work is about; where graphemes matter, a reader has to say so anyway.
      "@typescript-eslint/no-misused-spread": "off",
      // A port's implementation may answer at once, and may have nothing to do.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-empty-function": "off",
      // Matters of taste.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-dynamic-delete": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/prefer-regexp-exec": "off",
    },
  },
  {
    rules: {
      "no-restricted-syntax": ["error", noDefaultExport, noEnum],
      "no-restricted-properties": [
        "error",
        {
          object: "process",
          property: "env",
          message: "Only lib/config.ts reads the environment.",
        },
      ],
      // Parsers of hostile input name control characters on purpose.
      "no-control-regex": "off",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["**/*.tsx"],
    extends: [reactHooks.configs.flat["recommended-latest"], jsxA11y.flatConfigs.recommended],
  },
  {
    files: ["**/*.{js,mjs,cjs}"],
    languageOptions: {
      globals: {
        ...{ process: "readonly", console: "readonly", Buffer: "readonly", URL: "readonly" },
        ...{ setTimeout: "readonly", setInterval: "readonly", clearInterval: "readonly" },
        ...{ module: "writable", fetch: "readonly" },
      },
    },
  },
  { files: environmentReaders, rules: { "no-restricted-properties": "off" } },
  { files: defaultExporters, rules: { "no-restricted-syntax": ["error", noEnum] } },
  {
    files: ["bench/**", "scripts/**", "simulator/**", "prisma/migrate.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["**/*.test.{ts,tsx}", "e2e/**", "lib/testing/**"],
    rules: {
      // A stand-in for a whole object is cut to what the test is about.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
);
