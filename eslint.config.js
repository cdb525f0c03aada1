import tseslint from 'typescript-eslint'

const ROLES = ['browser', 'backend', 'authorization-server', 'resource-server', 'service']

/** Roles meet on the wire. An import from one to another would hide a protocol change. */
const noOtherRole = (role) => ({
  // core's own tests import its public entry; nothing else of core imports anything of ours.
  files: [`packages/${role}/${role === 'core' ? 'src/' : ''}**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: ROLES.filter((other) => other !== role).flatMap((other) => [
              `@tmb-kit/${other}`,
              `@tmb-kit/${other}/*`,
              `**/${other}/src/**`,
            ]),
            message:
              'Roles never import each other: what they share goes over the wire, or into core.',
          },
          ...(role === 'core'
            ? [{ group: ['@tmb-kit/*'], message: 'core imports nothing of ours.' }]
            : []),
        ],
      },
    ],
  },
})

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.cache/**', '**/test-results/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.check.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/promise-function-async': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/dot-notation': 'off',
      // Our objects are closures: their members can be taken out of them.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-console': 'error',
    },
  },
  {
    // Entry points and scripts talk to a terminal; tool configurations are default exports.
    files: ['apps/*/src/**', 'scripts/**', 'bench/**', 'e2e/**', '**/*.config.ts'],
    rules: { 'no-console': 'off', 'no-restricted-exports': 'off' },
  },
  {
    files: ['**/test/**/*.ts', 'e2e/**/*.ts', 'packages/testkit/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  ...ROLES.map(noOtherRole),
  noOtherRole('core'),
)
