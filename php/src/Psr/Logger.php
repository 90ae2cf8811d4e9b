<?php

declare(strict_types=1);

namespace Highper\Psr;

use Psr\Log\InvalidArgumentException;
use Psr\Log\LoggerInterface;
use Stringable;
use ValueError;

/** The application's log as PSR-3. */
final class Logger implements LoggerInterface
{
    public function __construct(private readonly \Highper\Log\Logger $log)
    {
    }

    public function emergency(string|Stringable $message, array $context = []): void
    {
        $this->log->emergency($message, $context);
    }

    public function alert(string|Stringable $message, array $context = []): void
    {
        $this->log->alert($message, $context);
    }

    public function critical(string|Stringable $message, array $context = []): void
    {
        $this->log->critical($message, $context);
    }

    public function error(string|Stringable $message, array $context = []): void
    {
        $this->log->error($message, $context);
    }

    public function warning(string|Stringable $message, array $context = []): void
    {
        $this->log->warning($message, $context);
    }

    public function notice(string|Stringable $message, array $context = []): void
    {
        $this->log->notice($message, $context);
    }

    public function info(string|Stringable $message, array $context = []): void
    {
        $this->log->info($message, $context);
    }

    public function debug(string|Stringable $message, array $context = []): void
    {
        $this->log->debug($message, $context);
    }

    public function log($level, string|Stringable $message, array $context = []): void
    {
        try {
            $this->log->log($level, $message, $context);
        } catch (ValueError $unknown) {
            throw new InvalidArgumentException($unknown->getMessage(), 0, $unknown);
        }
    }
}
