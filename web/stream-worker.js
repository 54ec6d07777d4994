// SharedWorker: browsers allow six HTTP/1.1 connections per host, so tabs must not hold one each.

import { attach } from './hub.js';

self.onconnect = ({ ports: [port] }) => attach(port);
