export { neutralise, neutraliseLines, neutralJson } from '@drawbridge/kernel';
