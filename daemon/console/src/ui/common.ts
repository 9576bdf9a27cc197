// What nearly every page shows: named together, so that it is one file to load, with the shell.
import '../api/read';
import '../api/session';
import './ask-password';
import './bubble.module.css';
import './button';
import './campaign';
import './campaign.module.css';
import './dialog';
import './field';
import './icon';
import './lazy';
import './page';
import './state';
import './step';
import './table';
import './tabs.module.css';
import './toast';
