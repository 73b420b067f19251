import type { LoggerService } from '@nestjs/common';
import { LogLevel } from '@slack/bolt';
import type { Logger } from '@slack/web-api';

/** Slack's libraries log through our logger; their details may hold bodies, so only warnings pass. */
export function slackLogger(logger: LoggerService): Logger {
  const text = (parts: readonly unknown[]) =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  const ignore = () => undefined;
  return {
    debug: ignore,
    info: ignore,
    warn: (...parts) => void logger.warn({ msg: text(parts), from: 'slack' }),
    error: (...parts) => void logger.error({ msg: text(parts), from: 'slack' }),
    setLevel: ignore,
    getLevel: () => LogLevel.WARN,
    setName: ignore,
  };
}
