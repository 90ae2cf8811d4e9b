<?php

declare(strict_types=1);

namespace Swoole\Database;

/** A statement that is prepared again, with what was bound to it, when its connection was lost. */
class MysqliStatementProxy extends ObjectProxy
{
    /** The methods that talk with the server: false is a failure. */
    public const IO_METHOD_REGEX = '/^close|execute|fetch|prepare$/i';

    /** @var \mysqli_stmt */
    protected $__object;

    protected ?string $queryString;

    protected array $attrSetContext = [];

    protected array $bindParamContext;

    protected array $bindResultContext;

    protected MysqliProxy $parent;

    /** The connection that it belongs to, by how often that one was made again. */
    protected int $parentRound;

    public function __construct(\mysqli_stmt $object, ?string $queryString, MysqliProxy $parent)
    {
        parent::__construct($object);
        $this->queryString = $queryString;
        $this->parent = $parent;
        $this->parentRound = $parent->getRound();
    }

    /** @throws MysqliException also after the third attempt on a lost connection */
    public function __call(string $name, array $arguments)
    {
        for ($attempt = 1; ; ++$attempt) {
            $result = $this->attempt($name, $arguments);
            if ($result !== false || !\preg_match(static::IO_METHOD_REGEX, $name)) {
                break;
            }
            $errno = $this->__object->errno;
            if ($attempt === 3 || !\in_array($errno, $this->parent::IO_ERRORS, true)) {
                throw new MysqliException($this->__object->error, $errno);
            }
            $this->renew();
        }
        if (\strcasecmp($name, 'prepare') === 0) {
            $this->queryString = $arguments[0];
        }
        return $result;
    }

    public function attr_set($attr, $mode): bool
    {
        $this->attrSetContext[$attr] = $mode;
        return $this->__object->attr_set($attr, $mode);
    }

    public function bind_param($types, &...$arguments): bool
    {
        $this->bindParamContext = [$types, $arguments];
        return $this->__object->bind_param($types, ...$arguments);
    }

    public function bind_result(&...$arguments): bool
    {
        $this->bindResultContext = $arguments;
        return $this->__object->bind_result(...$arguments);
    }

    /** False is a failure, also where mysqli is set to throw. */
    private function attempt(string $name, array $arguments): mixed
    {
        try {
            return @$this->__object->{$name}(...$arguments);
        } catch (\mysqli_sql_exception $error) {
            if (\in_array($error->getCode(), $this->parent::IO_ERRORS, true)
                && $this->__object->errno === $error->getCode()) {
                return false;
            }
            throw $error;
        }
    }

    private function renew(): void
    {
        // Another statement may have connected it again already.
        if ($this->parent->getRound() === $this->parentRound) {
            $this->parent->reconnect();
        }
        $this->parentRound = $this->parent->getRound();
        $mysqli = $this->parent->__getObject();
        $statement = $this->queryString ? @$mysqli->prepare($this->queryString) : @$mysqli->stmt_init();
        if ($statement === false) {
            throw new MysqliException($mysqli->error, $mysqli->errno);
        }
        $this->__object = $statement;
        if (!empty($this->bindParamContext)) {
            $statement->bind_param($this->bindParamContext[0], ...$this->bindParamContext[1]);
        }
        if (!empty($this->bindResultContext)) {
            $statement->bind_result(...$this->bindResultContext);
        }
        foreach ($this->attrSetContext as $attribute => $value) {
            $statement->attr_set($attribute, $value);
        }
    }
}
