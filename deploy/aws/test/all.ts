// In one process: what all of them need at first takes ten times as long as one of them.
import './alarms.test';
import './capacity.test';
import './database.test';
import './nag.test';
import './network.test';
import './permissions.test';
import './scaling.test';
import './services.test';
import './settings.test';
import './synth.test';
