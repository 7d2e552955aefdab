// Chunks that are loaded later come from where module.js came from, which may be a CDN. Must be imported before all else.
import amdModule from 'amd-module';

declare let __webpack_public_path__: string;

if (amdModule?.uri) {
  __webpack_public_path__ = amdModule.uri.slice(0, amdModule.uri.lastIndexOf('/') + 1);
}
