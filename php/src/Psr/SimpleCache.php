<?php

declare(strict_types=1);

namespace Highper\Psr;

use Highper\Cache;
use Psr\SimpleCache\CacheInterface;

/** A cache that all workers share as PSR-16, in any of its versions: the first had no types. */
final class SimpleCache implements CacheInterface
{
    public function __construct(private readonly Cache $cache)
    {
    }

    public function get($key, $default = null): mixed
    {
        return $this->cache->get(self::key($key), $default);
    }

    public function set($key, $value, $ttl = null): bool
    {
        return $this->cache->set(self::key($key), $value, $ttl);
    }

    public function delete($key): bool
    {
        return $this->cache->delete(self::key($key));
    }

    public function clear(): bool
    {
        return $this->cache->clear();
    }

    public function getMultiple($keys, $default = null): iterable
    {
        $values = [];
        foreach (self::all($keys) as $key) {
            $values[$key] = $this->get($key, $default);
        }

        return $values;
    }

    public function setMultiple($values, $ttl = null): bool
    {
        $done = true;
        foreach (self::all($values) as $key => $value) {
            $done = $this->set(is_int($key) ? (string) $key : $key, $value, $ttl) && $done;
        }

        return $done;
    }

    public function deleteMultiple($keys): bool
    {
        foreach (self::all($keys) as $key) {
            $this->delete($key);
        }

        return true;
    }

    public function has($key): bool
    {
        return $this->cache->has(self::key($key));
    }

    private static function key(mixed $key): string
    {
        if (!is_string($key) || $key === '' || strlen($key) > 1024 || strpbrk($key, '{}()/\\@:') !== false) {
            throw new CacheKeyError('a key must be text of 1 to 1024 bytes without {}()/\\@: ' . (is_string($key) ? "'{$key}'" : get_debug_type($key)) . ' given');
        }

        return $key;
    }

    private static function all(mixed $list): iterable
    {
        return is_iterable($list) ? $list : throw new CacheKeyError('a list of keys or values must be iterable, ' . get_debug_type($list) . ' given');
    }
}
