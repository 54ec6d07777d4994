// SharedWorker: browsers allow six HTTP/1.1 connections per host, so tabs must not hold one each.

import { Hub } from './hub.js';

const hub = new Hub();
self.onconnect = ({ ports: [port] }) => hub.attach(port);
