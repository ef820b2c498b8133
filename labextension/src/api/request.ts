/** The one function that talks to nbtrack's server extension, and the one error it throws. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { ErrorBody, ErrorInfo } from './generated';

/** `no_server`: the answer was not nbtrack's; `network`: there was no answer. */
export type ApiErrorCode = ErrorInfo['code'] | 'no_server' | 'network';

/** Every failed request. `message` is fit to be shown. */
export class ApiError extends Error {
  constructor(
    readonly code: ApiErrorCode,
    message: string,
    readonly status = 0
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Query members; `undefined` and `null` are left out, arrays repeat the key. */
export type Query = Record<
  string,
  string | number | boolean | readonly string[] | null | undefined
>;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH';
  query?: Query;
  /** Sent as JSON; a Blob holds JSON already. */
  body?: unknown;
  settings?: ServerConnection.ISettings;
  /** Let the request outlive the page (small bodies only). */
  keepalive?: boolean;
}

/** The absolute URL of a path below `/nbtrack/api`. */
export function apiUrl(
  path: string,
  query: Query = {},
  settings = ServerConnection.makeSettings()
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) {
        search.append(key, String(item));
      }
    }
  }
  const text = search.toString();
  return (
    URLExt.join(settings.baseUrl, 'nbtrack', 'api', path) + (text ? `?${text}` : '')
  );
}

/**
 * Ask the server.
 *
 * @throws ApiError for every answer that is not 2xx, and for none.
 */
export async function request<T>(
  path: string,
  options: RequestOptions = {}
): Promise<T> {
  return (await (await answer(path, options)).json()) as T;
}

/** A file that the server made. */
export interface ServedFile {
  name: string;
  content: Blob;
}

/**
 * Ask the server for a file.
 *
 * @throws ApiError for every answer that is not 2xx, and for none.
 */
export async function requestFile(
  path: string,
  options: RequestOptions = {}
): Promise<ServedFile> {
  const response = await answer(path, options);
  const header = response.headers.get('Content-Disposition') ?? '';
  const name = /filename\*=utf-8''([^;]+)/i.exec(header)?.[1];
  return {
    name: name ? decodeURIComponent(name) : 'notebook',
    content: await response.blob()
  };
}

async function answer(path: string, options: RequestOptions): Promise<Response> {
  const settings = options.settings ?? ServerConnection.makeSettings();
  const response = await send(apiUrl(path, options.query, settings), options, settings);
  if (!response.ok) {
    throw await toError(response);
  }
  return response;
}

async function send(
  url: string,
  options: RequestOptions,
  settings: ServerConnection.ISettings
): Promise<Response> {
  const init: RequestInit = { method: options.method ?? 'GET' };
  if (options.body !== undefined) {
    init.body =
      options.body instanceof Blob ? options.body : JSON.stringify(options.body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  if (options.keepalive) {
    init.keepalive = true;
  }
  try {
    return await ServerConnection.makeRequest(url, init, settings);
  } catch {
    throw new ApiError('network', 'The Jupyter server does not answer.');
  }
}

async function toError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const error = (body as ErrorBody | null)?.error;
  if (typeof error === 'object' && error !== null && 'code' in error) {
    return new ApiError(error.code, error.message, response.status);
  }
  const message =
    response.status === 404
      ? 'nbtrack is not enabled in the Jupyter server. Run “nbtrack doctor” to find out why.'
      : `The Jupyter server answered ${response.status} ${response.statusText}.`;
  return new ApiError('no_server', message, response.status);
}
