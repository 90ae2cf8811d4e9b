<?php

declare(strict_types=1);

namespace Highper\Psr;

use Psr\Log\InvalidArgumentException;
use Psr\Log\LoggerInterface;
use ValueError;

/** The application's log as PSR-3, in any of its versions: the first had no types. */
final class Logger implements LoggerInterface
{
    public function __construct(private readonly \Highper\Log\Logger $log)
    {
    }

    public function emergency($message, array $context = []): void
    {
        $this->log->emergency($message, $context);
    }

    public function alert($message, array $context = []): void
    {
        $this->log->alert($message, $context);
    }

    public function critical($message, array $context = []): void
    {
        $this->log->critical($message, $context);
    }

    public function error($message, array $context = []): void
    {
        $this->log->error($message, $context);
    }

    public function warning($message, array $context = []): void
    {
        $this->log->warning($message, $context);
    }

    public function notice($message, array $context = []): void
    {
        $this->log->notice($message, $context);
    }

    public function info($message, array $context = []): void
    {
        $this->log->info($message, $context);
    }

    public function debug($message, array $context = []): void
    {
        $this->log->debug($message, $context);
    }

    public function log($level, $message, array $context = []): void
    {
        try {
            $this->log->log($level, $message, $context);
        } catch (ValueError $unknown) {
            throw new InvalidArgumentException($unknown->getMessage(), 0, $unknown);
        }
    }
}
