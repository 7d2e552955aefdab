// Keeps a panel that cannot be drawn from taking the page along.
import { Alert } from '@grafana/ui';
import React, { type ReactNode } from 'react';

export class Boundary extends React.Component<{ children: ReactNode; onError?: (message: string) => void }> {
  state: { message?: string } = {};

  static getDerivedStateFromError(error: Error) {
    return { message: error.message };
  }

  componentDidCatch(error: Error) {
    console.error(error);
    this.props.onError?.(error.message);
  }

  render() {
    const { message } = this.state;
    return message === undefined ? this.props.children : <Alert severity="error" title={message} />;
  }
}
