import type { Browser, LaunchOptions } from '@playwright/test'

export declare const NO_CHROMIUM: string
export declare const NO_FIREFOX: string
export declare const NO_WEBKIT: string

export interface WebKitPrograms {
  readonly driver: string
  readonly browser: string
  readonly display: string
}

export declare function findChromium(): Promise<string | undefined>
export declare function chromiumLaunch(executablePath: string | undefined): LaunchOptions
export declare function launchChromium(): Promise<Browser>
export declare function findFirefox(): Promise<LaunchOptions | undefined>
export declare function findWebKit(): WebKitPrograms | undefined
