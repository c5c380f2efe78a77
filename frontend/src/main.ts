import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { httpBackend } from './backend/http';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
/** The page lives at `/w/<workspace>/`; its questions go to the same folder. */
const base = new URL('.', location.href).pathname;
mount(App, { target, props: { backend: httpBackend(base) } });
