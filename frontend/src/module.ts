import './public-path';
export const plugin = 1;
