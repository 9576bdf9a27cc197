import './style/tokens.css';
import './style/base.css';
import { render } from 'preact';
import { Shell } from './shell';

render(<Shell />, document.getElementById('app') as HTMLElement);
