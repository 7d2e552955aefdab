declare module 'amd-module' {
  /** What an AMD loader says about the module that is being loaded. */
  const amdModule: { uri?: string } | undefined;
  export default amdModule;
}
