import type { Line } from '../report/text-table.js';

interface PublishedFigure {
  readonly product: string;
  readonly figure: string;
  readonly source: string;
}

/** What the documentation of others says, read in November 2026: services in a cloud, which nobody can run here. */
const published: readonly PublishedFigure[] = [
  {
    product: 'Google Cloud Privileged Access Manager',
    figure: 'grants are IAM policies: "typically 2 minutes, potentially 7 minutes or longer"',
    source: 'cloud.google.com/iam/docs/access-change-propagation',
  },
  {
    product: 'Microsoft Entra PIM',
    figure: '"within seconds"; what has cached the roles may need another sign-in',
    source: 'learn.microsoft.com/entra/…/pim-resource-roles-activate-your-roles',
  },
];

export const publishedLines: readonly Line[] = published.map(({ product, figure, source }) => ({
  'published, not measured': product,
  'from approval to access': figure,
  source,
}));
