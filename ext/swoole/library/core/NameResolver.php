<?php

declare(strict_types=1);

namespace Swoole;

use Swoole\Coroutine\Http\ClientProxy;
use Swoole\Http\Status;
use Swoole\NameResolver\Cluster;
use Swoole\NameResolver\Exception;

/** Finds the nodes of a service by its name, in a registry of services. */
abstract class NameResolver
{
    /** @var string the registry's URL, with an address for its host */
    protected $baseUrl;

    /** @var array the parts of the URL */
    protected $info;

    /** @var callable|null */
    private $filter_fn;

    /** @param string $url of the registry */
    public function __construct($url, protected $prefix = 'swoole_service_')
    {
        $this->checkServerUrl($url);
    }

    /** Enters a node of a service. */
    abstract public function join(string $name, string $ip, int $port, array $options = []): bool;

    /** Takes it out again. */
    abstract public function leave(string $name, string $ip, int $port): bool;

    /** Its nodes; null when there is no such service. */
    abstract public function getCluster(string $name): ?Cluster;

    /** Only names for which this returns true are asked for. */
    public function withFilter(callable $fn): self
    {
        $this->filter_fn = $fn;
        return $this;
    }

    public function getFilter()
    {
        return $this->filter_fn;
    }

    public function hasFilter(): bool
    {
        return $this->filter_fn !== null;
    }

    /**
     * @return Cluster|array|string|false|null nodes; one of them when there is but one; an empty string: there is no such
     *     service, and nobody else is asked; null: others are asked
     */
    public function lookup(string $name)
    {
        if ($this->hasFilter() && ($this->getFilter())($name) !== true) {
            return null;
        }
        $cluster = $this->getCluster($name);
        return match ($cluster?->count()) {
            null => '',
            1 => $cluster->pop(),
            default => $cluster,
        };
    }

    protected function checkServerUrl(string $url)
    {
        $info = \parse_url($url) ?: [];
        if (empty($info['scheme']) || empty($info['host'])) {
            throw new \RuntimeException("invalid url parameter '{$url}'");
        }
        $info['ip'] = $info['host'];
        if (!\filter_var($info['ip'], \FILTER_VALIDATE_IP)) {
            $info['ip'] = \gethostbyname($info['host']);
            if (!\filter_var($info['ip'], \FILTER_VALIDATE_IP)) {
                throw new \RuntimeException("Failed to resolve host '{$info['host']}'");
            }
        }
        $this->info = $info;
        $this->baseUrl = "{$info['scheme']}://{$info['ip']}"
            . (empty($info['port']) ? '' : ":{$info['port']}")
            . \rtrim($info['path'] ?? '', '/');
    }

    /** @throws Exception unless the registry answered with 200 */
    protected function checkResponse(ClientProxy $response): bool
    {
        if ($response->getStatusCode() !== Status::OK) {
            throw new Exception('Http Body: ' . $response->getBody(), $response->getStatusCode());
        }
        return true;
    }
}
