<?php

declare(strict_types=1);

namespace Swoole\Database;

/** A statement that is prepared again, with what was bound to it, when its connection was lost. */
class PDOStatementProxy extends ObjectProxy
{
    /** @var \PDOStatement */
    protected $__object;

    protected array $setAttributeContext = [];

    protected array $setFetchModeContext;

    protected array $bindParamContext = [];

    protected array $bindColumnContext = [];

    protected array $bindValueContext = [];

    protected PDOProxy $parent;

    /** @var int the connection that it belongs to, by how often that one was made again */
    protected $parentRound;

    public function __construct(\PDOStatement $object, PDOProxy $parent)
    {
        parent::__construct($object);
        $this->parent = $parent;
        $this->parentRound = $parent->getRound();
    }

    public function __call(string $name, array $arguments)
    {
        try {
            return $this->__object->{$name}(...$arguments);
        } catch (\PDOException $error) {
            if ($this->parent->inTransaction() || !DetectsLostConnections::causedByLostConnection($error)) {
                throw $error;
            }
        }
        $this->renew();
        return $this->__object->{$name}(...$arguments);
    }

    public function setAttribute(int $attribute, $value): bool
    {
        $this->setAttributeContext[$attribute] = $value;
        return $this->__object->setAttribute($attribute, $value);
    }

    /** @see https://www.php.net/manual/en/pdostatement.setfetchmode.php */
    public function setFetchMode(int $mode, ...$params): bool
    {
        $this->setFetchModeContext = [$mode, ...$params];
        return $this->__object->setFetchMode($mode, ...$params);
    }

    public function bindParam($parameter, &$variable, $data_type = \PDO::PARAM_STR, $length = 0, $driver_options = null): bool
    {
        $this->bindParamContext[$parameter] = [&$variable, $data_type, $length, $driver_options];
        return $this->__object->bindParam($parameter, $variable, $data_type, $length, $driver_options);
    }

    public function bindColumn($column, &$param, $type = null, $maxlen = null, $driverdata = null): bool
    {
        $this->bindColumnContext[$column] = [&$param, $type, $maxlen, $driverdata];
        return $this->column($column, $param, $type, $maxlen, $driverdata);
    }

    public function bindValue($parameter, $value, $data_type = \PDO::PARAM_STR): bool
    {
        $this->bindValueContext[$parameter] = [$value, $data_type];
        return $this->__object->bindValue($parameter, $value, $data_type);
    }

    /** PDO takes no null for what is left out. */
    private function column($column, &$param, $type, $maxlen, $driverdata): bool
    {
        return $this->__object->bindColumn($column, $param, $type ?? \PDO::PARAM_STR, $maxlen ?? 0, $driverdata);
    }

    private function renew(): void
    {
        // Another statement may have connected it again already.
        if ($this->parent->getRound() === $this->parentRound) {
            $this->parent->reconnect();
        }
        $this->parentRound = $this->parent->getRound();
        $statement = $this->parent->__getObject()->prepare($this->__object->queryString);
        $this->__object = $statement;
        foreach ($this->setAttributeContext as $attribute => $value) {
            $statement->setAttribute($attribute, $value);
        }
        if (!empty($this->setFetchModeContext)) {
            $statement->setFetchMode(...$this->setFetchModeContext);
        }
        foreach ($this->bindParamContext as $parameter => [&$variable, $type, $length, $options]) {
            $statement->bindParam($parameter, $variable, $type, $length, $options);
        }
        foreach ($this->bindColumnContext as $column => [&$variable, $type, $length, $data]) {
            $this->column($column, $variable, $type, $length, $data);
        }
        foreach ($this->bindValueContext as $parameter => [$value, $type]) {
            $statement->bindValue($parameter, $value, $type);
        }
    }
}
