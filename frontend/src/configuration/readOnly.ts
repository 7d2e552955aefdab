// Whether the settings can be changed: what a file provisioned cannot, and can be looked at all the same.
import { createContext, useContext } from 'react';

export const ReadOnly = createContext(false);

export const useReadOnly = () => useContext(ReadOnly);
