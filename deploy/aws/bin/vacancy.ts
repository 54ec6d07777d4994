import { App } from 'aws-cdk-lib';
import { build } from '../lib/build';

build(new App());
