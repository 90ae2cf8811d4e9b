<?php

declare(strict_types=1);

namespace Swoole\Database;

use Swoole\ConnectionPool;

/** Connections of the extension redis. */
class RedisPool extends ConnectionPool
{
    public function __construct(protected RedisConfig $config, int $size = self::DEFAULT_SIZE)
    {
        parent::__construct(fn (): \Redis => $this->connect(), $size);
    }

    private function connect(): \Redis
    {
        $config = $this->config;
        // By their places: the names differ between versions of the extension.
        $arguments = [$config->getHost(), $config->getPort()];
        if ($config->getTimeout() !== 0.0) {
            $arguments[2] = $config->getTimeout();
        }
        if ($config->getRetryInterval() !== 0) {
            $arguments += [2 => 0.0, 3 => null];
            $arguments[4] = $config->getRetryInterval();
        }
        if ($config->getReadTimeout() !== 0.0) {
            $arguments += [2 => 0.0, 3 => null, 4 => 0];
            $arguments[5] = $config->getReadTimeout();
        }
        $redis = new \Redis();
        $redis->connect(...$arguments);
        if ($config->getAuth() !== '') {
            $redis->auth($config->getAuth());
        }
        if ($config->getDbIndex() !== 0) {
            $redis->select($config->getDbIndex());
        }
        foreach ($config->getOptions() as $option => $value) {
            $redis->setOption($option, $value);
        }
        return $redis;
    }
}
