// The page: mounts the views.
import { render } from 'preact';

const root = document.getElementById('app');
if (root !== null) render(<h1>aioscope</h1>, root);
